"""A real mail server on loopback that keeps what it is sent."""

import asyncio
import re
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from wallet_api import config
from wallet_api.mail import outgoing

SENDER = "wallet@example.com"
USER, PASSWORD = "postmaster", "p/ss@word"


class Mailbox:
    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.refuses = False
        self.takes_seconds = 0.0
        """For each mail."""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        await asyncio.sleep(self.takes_seconds)
        if self.refuses:
            return "554 No mail for ada@example.com here"
        self.mails.append(BytesParser(EmailMessage, policy=default).parsebytes(envelope.content))
        self.recipients += envelope.rcpt_tos
        return "250 OK"

    def codes(self) -> list[str]:
        outgoing.wait_until_sent()
        return [code_in(mail) for mail in self.mails]

    def code_for(self, email: str, nth: int = 1) -> str:
        """Of the nth mail to this address, once it has come from whatever process."""
        deadline = time.monotonic() + 20
        while self.recipients.count(email) < nth:
            assert time.monotonic() < deadline, f"no mail to {email}"
            time.sleep(0.02)
        to_them = [mail for mail in self.mails if mail["To"] == email]
        return code_in(to_them[nth - 1])


def code_in(mail: EmailMessage) -> str:
    (code,) = re.findall(r"(?:[A-Z2-7]{4}-){5}[A-Z2-7]{4}", mail.get_content())
    return str(code)


def _authenticated(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> Any:
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (
        USER.encode(),
        PASSWORD.encode(),
    )
    return AuthResult(success=good)


@contextmanager
def serving(tls: ssl.SSLContext | None = None, *, smtps: bool = False) -> Iterator[Any]:
    """(the mailbox, its port). With `tls`, only after STARTTLS and a login; or smtps."""
    mailbox, port = Mailbox(), free_port()
    more: dict[str, Any] = {}
    if tls is not None and smtps:
        more = {"ssl_context": tls}
    elif tls is not None:
        more = {
            "tls_context": tls,
            "require_starttls": True,
            "authenticator": _authenticated,
            "auth_required": True,
        }
    controller = Controller(mailbox, hostname="127.0.0.1", port=port, enable_SMTPUTF8=True, **more)
    controller.start()
    try:
        yield mailbox, port
    finally:
        outgoing.wait_until_sent()
        controller.stop()


def use_server(monkeypatch: pytest.MonkeyPatch, url: str, proof: str = "off") -> None:
    monkeypatch.setenv("SMTP_URL", url)
    monkeypatch.setenv("MAIL_FROM", SENDER)
    monkeypatch.setenv("EMAIL_PROOF", proof)
    config.settings.cache_clear()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])
