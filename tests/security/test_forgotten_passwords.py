"""A forgotten password is replaced by a one-time code, and by nothing else."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pymongo.database import Database
from werkzeug.test import TestResponse

from tests.mutants import Mutant, people
from tests.support.mailbox import Mailbox, serving, use_server
from tests.support.people import Person, someone
from wallet_api import clock, round_trips
from wallet_api.auth import codes, recovery
from wallet_api.auth import service as auth
from wallet_api.auth.codes import Purpose
from wallet_api.documents.wallet import Wallet
from wallet_api.mail import outgoing
from wallet_api.users import service as users

pytestmark = [
    pytest.mark.in_process("the settings and the clock are those of the test's process"),
    pytest.mark.usefixtures("within_one_window"),
]

EMAIL, OLD, NEW = "ada@example.com", "correct horse battery", "tidal-lantern-42-moss"


@pytest.fixture
def mailbox(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    with serving() as (mailbox, port):
        use_server(monkeypatch, f"smtp://127.0.0.1:{port}")
        yield mailbox


@pytest.fixture
def ada(client: FlaskClient) -> Person:
    return someone(client, EMAIL)


def forget(client: FlaskClient, email: str = EMAIL) -> TestResponse:
    return client.post("/auth/password/forgot", json={"email": email})


def reset(client: FlaskClient, code: str, email: str = EMAIL, password: str = NEW) -> TestResponse:
    body = {"email": email, "code": code, "newPassword": password}
    return client.post("/auth/password/reset", json=body)


def log_in(client: FlaskClient, password: str) -> int:
    return client.post("/auth/login", json={"email": EMAIL, "password": password}).status_code


def assert_refused(answer: TestResponse) -> None:
    assert answer.status_code == 400
    assert answer.get_json()["code"] == "invalid_code"


def test_a_mailed_code_sets_another_password_and_ends_all_logins(
    client: FlaskClient, ada: Person, mailbox: Mailbox
) -> None:
    ada = ada.with_a_session
    assert forget(client).status_code == 202
    (code,) = mailbox.codes()

    answer = reset(client, code)

    assert answer.status_code == 200, answer.get_json()
    assert [log_in(client, each) for each in (OLD, NEW)] == [401, 200]
    assert ada.get("/wallets").status_code == 401
    assert ada.refreshes().status_code == 401
    assert Wallet.objects.get(user=ada.id).email_proved is True


def test_a_code_of_the_operator_sets_another_password_and_proves_nothing(
    app: Flask, client: FlaskClient, ada: Person
) -> None:
    made = app.test_cli_runner().invoke(args=["users", "reset", EMAIL])

    answer = reset(client, made.stdout.strip())

    assert (made.exit_code, answer.status_code) == (0, 200)
    assert log_in(client, NEW) == 200
    assert Wallet.objects.get(user=ada.id).email_proved is None


def test_no_code_is_made_for_nobody(app: Flask, ada: Person) -> None:
    users.set_active(EMAIL, False)

    for email in (EMAIL, "nobody@example.com"):
        made = app.test_cli_runner().invoke(args=["users", "reset", email])
        assert (made.exit_code, made.stdout) == (1, "")
        assert made.stderr == "Error: No such active user.\n"


def used_once(client: FlaskClient, db: Database) -> None:
    code = recovery.reset_code(EMAIL)

    assert reset(client, code).status_code == 200
    assert_refused(reset(client, code, password="copper-harbour-17-fern"))
    assert log_in(client, NEW) == 200


def not_for_another_purpose(client: FlaskClient, db: Database) -> None:
    user = users.id_of(EMAIL)
    code = codes.new_code(user, Purpose.EMAIL_PROOF, mailed=True)

    assert_refused(reset(client, code))


def not_after_half_an_hour(client: FlaskClient, db: Database) -> None:
    code = recovery.reset_code(EMAIL)
    past = clock.now() - timedelta(seconds=1)
    db.oneTimeCodes.update_one({}, {"$set": {"expiresAt": past}})

    assert_refused(reset(client, code))


def ends_logins(client: FlaskClient, db: Database) -> None:
    user = users.id_of(EMAIL)
    before = Wallet.objects.get(user=user).token_epoch

    assert reset(client, recovery.reset_code(EMAIL)).status_code == 200
    assert Wallet.objects.get(user=user).token_epoch != before


def void_once_there_is_a_newer_one(client: FlaskClient, db: Database) -> None:
    older, newer = recovery.reset_code(EMAIL), recovery.reset_code(EMAIL)

    assert_refused(reset(client, older))
    assert reset(client, newer).status_code == 200


RULES: list[tuple[Callable[[FlaskClient, Database], None], Mutant]] = [
    (used_once, people.codes_stay_after_their_use),
    (not_for_another_purpose, people.codes_serve_any_purpose),
    (not_after_half_an_hour, people.codes_never_expire),
    (void_once_there_is_a_newer_one, people.older_codes_stay),
    (ends_logins, people.logins_go_on_after_a_reset),
]


@pytest.mark.parametrize(("rule", "mutant"), RULES, ids=lambda each: each.__name__)
def test_a_code_is_good_once_for_its_purpose_in_time_and_ends_logins(
    client: FlaskClient, db: Database, ada: Person, rule: Any, mutant: Mutant
) -> None:
    rule(client, db)


@pytest.mark.parametrize(("rule", "mutant"), RULES, ids=lambda each: each.__name__)
def test_the_rules_of_codes_are_told_from_their_mutants(
    client: FlaskClient,
    db: Database,
    ada: Person,
    mutate: Callable[[Mutant], None],
    rule: Any,
    mutant: Mutant,
) -> None:
    mutate(mutant)

    with pytest.raises(AssertionError):
        rule(client, db)


def test_only_the_digest_of_a_code_is_kept_and_for_half_an_hour(ada: Person, db: Database) -> None:
    code = recovery.reset_code(EMAIL)

    (kept,) = db.oneTimeCodes.find()
    assert code not in repr(kept)
    assert code.replace("-", "") not in repr(kept)
    assert len(kept["digest"]) == 32
    assert timedelta(minutes=29) < kept["expiresAt"] - clock.now() <= timedelta(minutes=30)
    (ttl,) = [each for each in db.oneTimeCodes.list_indexes() if "expireAfterSeconds" in each]
    assert ttl["expireAfterSeconds"] == 0


def test_a_code_is_read_as_a_person_types_it(client: FlaskClient, ada: Person) -> None:
    code = recovery.reset_code(EMAIL)

    assert reset(client, f" {code.lower().replace('-', ' ')} ").status_code == 200


def test_of_fifty_who_use_a_code_at_once_one_sets_the_password(
    client: FlaskClient, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = recovery.reset_code(EMAIL)
    start = threading.Barrier(50)
    monkeypatch.setattr("wallet_api.auth.throttle.reserve_code_guess", lambda *_: None)

    def use(number: int) -> int:
        mine = client.application.test_client()
        start.wait(timeout=30)
        return reset(mine, code, password=f"{NEW}-{number}").status_code

    with ThreadPoolExecutor(50) as pool:
        statuses = list(pool.map(use, range(50)))

    assert sorted(statuses) == [200] + [400] * 49
    assert log_in(client, f"{NEW}-{statuses.index(200)}") == 200


def test_a_code_of_one_user_is_none_of_another(client: FlaskClient, ada: Person) -> None:
    someone(client, "eve@example.com")
    code = recovery.reset_code("eve@example.com")

    assert_refused(reset(client, code))
    assert reset(client, code, "eve@example.com").status_code == 200


def test_a_common_password_is_refused_and_leaves_the_code(client: FlaskClient, ada: Person) -> None:
    code = recovery.reset_code(EMAIL)

    answer = reset(client, code, password="password123")

    assert answer.get_json()["errors"][0]["pointer"] == "/newPassword"
    assert reset(client, code).status_code == 200


def test_a_user_who_is_deactivated_after_the_mail_resets_nothing(
    client: FlaskClient, ada: Person
) -> None:
    code = recovery.reset_code(EMAIL)
    users.set_active(EMAIL, False)

    assert_refused(reset(client, code))
    users.set_active(EMAIL, True)
    assert log_in(client, OLD) == 200


def test_erasure_removes_the_codes(ada: Person, db: Database) -> None:
    recovery.reset_code(EMAIL)

    auth.erase(EMAIL)

    assert db.oneTimeCodes.count_documents({}) == 0


def test_known_unknown_and_deactivated_emails_get_one_answer_at_one_price(
    client: FlaskClient, ada: Person, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_price_for_all(client, monkeypatch)


def test_a_cheaper_answer_for_unknown_emails_is_found(
    client: FlaskClient,
    ada: Person,
    mailbox: Mailbox,
    monkeypatch: pytest.MonkeyPatch,
    mutate: Callable[[Mutant], None],
) -> None:
    mutate(people.unknown_emails_are_refused_at_once)

    with pytest.raises(AssertionError):
        one_price_for_all(client, monkeypatch)


def one_price_for_all(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    someone(client, "gone@example.com")
    users.set_active("gone@example.com", False)
    emails = (EMAIL, "nobody@example.com", "gone@example.com")
    given: list[Any] = []
    monkeypatch.setattr(outgoing, "send_later", given.append)

    def asked(path: str, email: str, **more: str) -> tuple[Any, ...]:
        answer = client.post(path, json={"email": email, **more})
        told = answer.get_json() | {"requestId": None}
        return answer.status_code, told, round_trips.so_far()

    forgot = [asked("/auth/password/forgot", email) for email in emails]
    tried = [
        asked("/auth/password/reset", email, code="A" * 24, newPassword=NEW) for email in emails
    ]

    assert forgot == [forgot[0]] * 3
    assert tried == [tried[0]] * 3
    assert (forgot[0][0], tried[0][0]) == (202, 400)
    assert len(given) == 3, "whether there is somebody to write to is found out later"


def test_only_active_users_are_written_to(
    client: FlaskClient, ada: Person, mailbox: Mailbox
) -> None:
    someone(client, "gone@example.com")
    users.set_active("gone@example.com", False)

    for email in ("nobody@example.com", "gone@example.com", EMAIL):
        forget(client, email)

    assert len(mailbox.codes()) == 1
    assert mailbox.recipients == [EMAIL]


def test_an_email_is_written_to_three_times_in_a_window_at_the_request_of_one_address(
    client: FlaskClient, ada: Person, mailbox: Mailbox
) -> None:
    three_mails_at_most(client)

    assert len(mailbox.codes()) == 3


def three_mails_at_most(client: FlaskClient) -> None:
    statuses = [forget(client).status_code for _ in range(4)]

    assert statuses == [202, 202, 202, 429]


def test_mails_without_limit_are_found(
    client: FlaskClient, ada: Person, mailbox: Mailbox, mutate: Callable[[Mutant], None]
) -> None:
    mutate(people.codes_are_mailed_without_limit)

    with pytest.raises(AssertionError):
        three_mails_at_most(client)


def test_guesses_of_codes_are_counted_for_unknown_emails_too(
    client: FlaskClient, ada: Person
) -> None:
    ten_guesses_at_most(client)


def test_guesses_without_limit_are_found(
    client: FlaskClient, ada: Person, mutate: Callable[[Mutant], None]
) -> None:
    mutate(people.codes_are_tried_without_limit)

    with pytest.raises(AssertionError):
        ten_guesses_at_most(client)


def ten_guesses_at_most(client: FlaskClient) -> None:
    for email in (EMAIL, "nobody@example.com"):
        statuses = [reset(client, "A" * 24, email).status_code for _ in range(11)]
        assert statuses == [400] * 10 + [429]


def test_without_a_mail_server_no_email_gets_a_code(client: FlaskClient, ada: Person) -> None:
    for email in (EMAIL, "nobody@example.com"):
        answer = forget(client, email)
        assert (answer.status_code, answer.get_json()["code"]) == (404, "mail_not_offered")


@pytest.mark.parametrize(("mailed", "good", "bad"), [(True, 11, 4), (False, 10, 4)])
def test_a_reset_costs_as_many_round_trips_as_it_says(
    client: FlaskClient, ada: Person, mailed: bool, good: int, bad: int
) -> None:
    code = codes.new_code(ada.id, Purpose.PASSWORD_RESET, mailed=mailed)
    reset(client, "A" * 24)  # it makes the documents of the counts
    tries = [(reset(client, each).status_code, round_trips.so_far()) for each in ("B" * 24, code)]

    assert tries == [(400, bad), (200, good)]


def test_no_log_line_holds_a_code_an_email_or_a_password(
    client: FlaskClient, ada: Person, mailbox: Mailbox, capfd: pytest.CaptureFixture[str]
) -> None:
    forget(client)
    (code,) = mailbox.codes()
    reset(client, "A" * 24)
    reset(client, code)
    forget(client, "nobody@example.com")
    outgoing.wait_until_sent()

    lines = capfd.readouterr().err
    assert "event=password_reset" in lines
    assert "event=mail_sent" in lines
    for secret in (code, code.replace("-", ""), EMAIL, "nobody@", OLD, NEW):
        assert secret not in lines
