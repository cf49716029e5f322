"""Mails reach a real server, whatever users have written; a bad server makes nobody wait."""

import logging
import os
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from environs import Env
from flask import Flask

from tests.support.mailbox import PASSWORD, SENDER, USER, Mailbox, free_port, serving, use_server
from wallet_api import config
from wallet_api.mail import delivery, outgoing
from wallet_api.mail.letter import Letter, message_of

pytestmark = [
    pytest.mark.in_process("the settings are those of the test's process"),
    pytest.mark.lengthy,
]

LETTER = Letter("ada@example.com", "A subject", "The code is: AAAA\n")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of 127.0.0.1, by nobody whom anybody trusts."""
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", path, "-out", path.with_suffix(".crt")),
        ],
        check=True,
        capture_output=True,
    )
    path.write_text(path.read_text() + path.with_suffix(".crt").read_text())
    return path


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def mailbox(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    with serving() as (mailbox, port):
        use_server(monkeypatch, f"smtp://127.0.0.1:{port}")
        yield mailbox


def lost(caplog: pytest.LogCaptureFixture) -> list[str]:
    outgoing.wait_until_sent()
    events = [each for each in caplog.records if getattr(each, "event", "") == "mail_lost"]
    return [str(getattr(each, "reason", "")) for each in events]


def test_a_mail_is_short_plain_text_with_the_headers_of_a_mail(mailbox: Mailbox) -> None:
    delivery.deliver(LETTER)

    (mail,) = mailbox.mails
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content().splitlines() == ["The code is: AAAA"]
    assert (mail["From"], mail["To"], mail["Subject"]) == (SENDER, LETTER.to, "A subject")
    assert mail["Date"].datetime.utcoffset() is not None
    assert mail["Message-ID"].endswith("@example.com>")
    assert mailbox.recipients == [LETTER.to]


@pytest.mark.parametrize(
    "address",
    ["a\r\nBcc: eve@example.com@example.com", "a\n@example.com", "ada@example.com\r\nBcc: e@x.org"],
)
def test_no_address_breaks_out_of_its_header(address: str) -> None:
    with pytest.raises(ValueError, match=r"CR|LF|line|header|address|invalid"):
        message_of(Letter(address, "A subject", ""), SENDER).as_bytes()


def test_an_address_in_another_script_is_written_to(mailbox: Mailbox) -> None:
    delivery.deliver(Letter("ünï@xn--bcher-kva.example", "A subject", "Text\n"))

    assert mailbox.recipients == ["ünï@xn--bcher-kva.example"]


@pytest.mark.parametrize("smtps", [False, True], ids=["STARTTLS", "smtps"])
def test_a_mail_goes_over_tls_to_a_server_with_a_trusted_certificate(
    app: Flask,
    monkeypatch: pytest.MonkeyPatch,
    tls: ssl.SSLContext,
    certificate: Path,
    smtps: bool,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.with_suffix(".crt")))
    with serving(tls, smtps=smtps) as (mailbox, port):
        login = "" if smtps else f"{USER}:{quote(PASSWORD, safe='')}@"
        use_server(monkeypatch, f"smtp{'s' if smtps else ''}://{login}127.0.0.1:{port}")

        delivery.deliver(LETTER)

        assert mailbox.recipients == [LETTER.to]


@pytest.mark.parametrize("smtps", [False, True], ids=["STARTTLS", "smtps"])
def test_a_server_with_another_certificate_gets_neither_mail_nor_password(
    app: Flask, monkeypatch: pytest.MonkeyPatch, tls: ssl.SSLContext, smtps: bool
) -> None:
    with serving(tls, smtps=smtps) as (mailbox, port):
        use_server(monkeypatch, f"smtp{'s' if smtps else ''}://a:b@127.0.0.1:{port}")

        with pytest.raises(ssl.SSLCertVerificationError):
            delivery.deliver(LETTER)

        assert mailbox.recipients == []


def test_no_password_is_sent_to_a_server_without_tls(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = os.environ["SMTP_URL"]
    use_server(monkeypatch, bare.replace("//", "//user:secret@"))

    with pytest.raises(OSError, match="STARTTLS"):
        delivery.deliver(LETTER)

    assert mailbox.recipients == []


def test_what_a_server_refuses_is_logged_without_its_words(
    mailbox: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    mailbox.refuses = True

    with caplog.at_level(logging.DEBUG):
        outgoing.send_later(lambda: LETTER)
        assert lost(caplog) == ["SMTPDataError"]

    ours = repr([vars(each) for each in caplog.records if each.name.startswith("wallet_api")])
    assert "ada" not in ours
    assert "AAAA" not in ours


def test_a_dead_server_loses_one_mail_and_not_the_next(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    alive = os.environ["SMTP_URL"]
    use_server(monkeypatch, f"smtp://127.0.0.1:{free_port()}")
    outgoing.send_later(lambda: LETTER)
    assert lost(caplog) == ["ConnectionRefusedError"]
    use_server(monkeypatch, alive)

    outgoing.send_later(lambda: LETTER)
    outgoing.wait_until_sent()

    assert mailbox.recipients == [LETTER.to]


def test_a_server_that_hangs_makes_nobody_wait_and_is_given_up(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(delivery, "SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        use_server(monkeypatch, f"smtp://127.0.0.1:{silent.getsockname()[1]}")
        begun = time.monotonic()
        outgoing.send_later(lambda: LETTER)
        waited = time.monotonic() - begun

        assert lost(caplog) == ["SMTPServerDisconnected"]
        assert waited < 0.3


def test_what_comes_while_too_many_wait_is_lost_and_nobody_waits(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(delivery, "SECONDS", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        use_server(monkeypatch, f"smtp://127.0.0.1:{silent.getsockname()[1]}")
        outgoing.send_later(lambda: LETTER)
        begun = time.monotonic()
        for _ in range(outgoing.WAITING + 10):
            outgoing.send_later(lambda: None)
        waited = time.monotonic() - begun

        assert waited < 1
        assert "too many are waiting" in lost(caplog)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"EMAIL_PROOF": "required"}, "EMAIL_PROOF=required needs SMTP_URL"),
        ({"SMTP_URL": "smtp://mail.example.com"}, "SMTP_URL needs MAIL_FROM"),
        ({"SMTP_URL": "http://u:hush@mail.example.com"}, "SMTP_URL: must be"),
        ({"SMTP_URL": "smtp://u:hush@mail.example.com:no"}, "SMTP_URL: must be"),
        ({"SMTP_URL": "smtp://u:hush@/"}, "SMTP_URL: must be"),
        ({"SMTP_URL": "smtp://u:hush%C3%A9@a.example"}, "SMTP_URL: its user and its password"),
        ({"SMTP_URL": "smtp://u:hushé@a.example"}, "SMTP_URL: its user and its password"),
        ({"SMTP_URL": "smtp://hush%FF:p@a.example"}, "SMTP_URL: its user and its password"),
        ({"SMTP_URL": "smtp://u:hush%0A@a.example"}, "SMTP_URL: its user and its password"),
        ({"SMTP_URL": "smtp://a.example", "MAIL_FROM": "a@b\nBcc: c@d"}, "MAIL_FROM: must be"),
        ({"EMAIL_PROOF": "yes"}, "EMAIL_PROOF"),
    ],
)
def test_a_wrong_setting_is_refused_in_one_line_without_its_password(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], told: str
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(config.InvalidSettings) as refused:
        config.read(Env())

    assert told in str(refused.value)
    assert "hush" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_the_password_of_the_server_is_not_in_what_is_printed_of_the_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SMTP_URL", "smtp://user:p%40ss@mail.example.com")
    monkeypatch.setenv("MAIL_FROM", SENDER)

    server: Any = config.read(Env()).mail.server

    assert (server.password, server.port) == ("p@ss", 587)
    assert "p@ss" not in repr(server)
