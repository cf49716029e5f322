"""Codes by mail from the service as it is served: two processes, sockets, and a mail server."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.faults.service import Service
from tests.mutants import SELECTED, people
from tests.support.mailbox import SENDER, Mailbox, serving
from tests.support.requests_by_address import Answered, call
from wallet_api.embedded_mongo import EmbeddedMongo
from wallet_api.mail.outgoing import STOP_SECONDS

pytestmark = [pytest.mark.usefixtures("_no_settings_from_outside"), pytest.mark.lengthy]

EMAIL, OLD, NEW = "ada@example.com", "tidal-lantern-42-moss", "copper-harbour-17-fern"
MAILS = 6


class Stage:
    def __init__(self, service: Service, mailbox: Mailbox, log: Path) -> None:
        self.service, self.mailbox, self._log = service, mailbox, log

    def post(self, path: str, body: Any = None, token: str = "") -> Answered:
        bearer = {"Authorization": f"Bearer {token}"} if token else {}
        return call(self.service.port, "POST", path, body, **bearer)

    def register(self, email: str = EMAIL) -> None:
        person = {"firstName": "A", "lastName": "B", "email": email, "password": OLD}
        assert self.post("/auth/register", person).status == 201

    def log_in(self, password: str) -> Answered:
        return self.post("/auth/login", {"email": EMAIL, "password": password})

    def token(self) -> str:
        return str(self.log_in(OLD).body["token"])

    def lost(self) -> int:
        return self._log.read_text().count("event=mail_lost")


@contextmanager
def staged(mongo: EmbeddedMongo, folder: Path, proof: str, **hooks: str) -> Iterator[Stage]:
    log = folder / "service.log"
    with serving() as (mailbox, port):
        service = Service(
            mongo.uri.replace("/wallet_api", f"/mails_{folder.name}"[:60]),
            log,
            hooks=hooks,
            settings={
                "SMTP_URL": f"smtp://127.0.0.1:{port}",
                "MAIL_FROM": SENDER,
                "EMAIL_PROOF": proof,
                "WORKERS": "2",
            },
        )
        service.start()
        try:
            service.wait()
            yield Stage(service, mailbox, log)
        finally:
            service.kill_tree()
    assert "Traceback" not in log.read_text()


def test_a_mailed_code_replaces_a_forgotten_password_and_ends_logins(
    mongo: EmbeddedMongo, tmp_path: Path
) -> None:
    with staged(mongo, tmp_path, "off") as stage:
        stage.register()
        old_token = stage.token()

        assert stage.post("/auth/password/forgot", {"email": EMAIL}).status == 202
        body = {"email": EMAIL, "code": stage.mailbox.code_for(EMAIL), "newPassword": NEW}
        answers = [stage.post("/auth/password/reset", body).status for _ in range(3)]

        assert answers == [200, 400, 400]
        for _ in range(4):  # in either process
            old = call(stage.service.port, "GET", "/wallets", Authorization=f"Bearer {old_token}")
            assert old.status == 401
        assert [stage.log_in(each).status for each in (OLD, NEW)] == [401, 200]


def test_who_has_proved_the_email_by_a_mailed_code_withdraws(
    mongo: EmbeddedMongo, tmp_path: Path
) -> None:
    with staged(mongo, tmp_path, "required") as stage:
        stage.register()
        token = stage.token()
        withdrawal = {"amount": 1, "destination": "bank-1"}
        assert stage.post("/wallets/deposit", {"amount": 3}, token).status == 200

        before = stage.post("/withdrawals", withdrawal, token)
        proved = stage.post("/auth/email/proof", {"code": stage.mailbox.code_for(EMAIL)}, token)
        after = [stage.post("/withdrawals", withdrawal, token).status for _ in range(2)]

        assert (before.status, before.body["code"]) == (403, "email_unproved")
        assert proved.status == 200
        assert after == [201, 201]


def check_that_none_is_missing(stage: Stage) -> float:
    """Stop it while mails wait; how many seconds that took."""
    for number in range(MAILS):
        stage.register(f"p{number}@example.com")

    began = time.monotonic()
    stage.service.terminate()
    took = time.monotonic() - began

    assert len(stage.mailbox.mails) + stage.lost() == MAILS, "a mail is missing without a word"
    return took


def test_a_process_that_stops_sends_the_mails_that_wait(
    mongo: EmbeddedMongo, tmp_path: Path
) -> None:
    with staged(mongo, tmp_path, "required") as stage:
        stage.mailbox.takes_seconds = 0.3

        check_that_none_is_missing(stage)

        assert len(stage.mailbox.mails) == MAILS


def test_a_process_that_stops_gives_a_silent_mail_server_up_and_logs_each_mail(
    mongo: EmbeddedMongo, tmp_path: Path
) -> None:
    with staged(mongo, tmp_path, "required") as stage:
        stage.mailbox.takes_seconds = 60

        took = check_that_none_is_missing(stage)

        assert stage.lost() == MAILS
        assert took < STOP_SECONDS + 8


def test_mails_that_end_with_their_process_are_found(mongo: EmbeddedMongo, tmp_path: Path) -> None:
    hooks = {SELECTED: people.waiting_mails_end_with_their_process.__name__}
    with staged(mongo, tmp_path, "required", **hooks) as stage:
        stage.mailbox.takes_seconds = 0.3

        with pytest.raises(AssertionError, match="without a word"):
            check_that_none_is_missing(stage)
