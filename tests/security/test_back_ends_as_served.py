"""Keys as an operator makes and revokes them, and as back ends and attackers send them."""

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from pymongo.uri_parser import parse_uri

from tests.faults.service import ROOT, Service
from tests.hostile.conftest import Account, open_account
from tests.hostile.wire import Answer, exchange, request
from wallet_api.backend_keys.known import REMEMBERED_SECONDS
from wallet_api.embedded_mongo import EmbeddedMongo

pytestmark = pytest.mark.lengthy

Flask = Callable[..., subprocess.CompletedProcess[str]]

AT_ONCE = 24
WITHDRAWAL = {"amount": 1, "destination": "bank-1"}


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("back-ends") / "service.log"


@pytest.fixture(scope="module")
def uri(mongo: EmbeddedMongo) -> str:
    host, port = parse_uri(mongo.uri)["nodelist"][0]
    return f"mongodb://{host}:{port}/back_ends"


@pytest.fixture(scope="module")
def port(uri: str, log: Path, _no_settings_from_outside: None) -> Iterator[int]:
    settings = {"APP_ENV": "production", "LOG_LEVEL": "info", "WORKERS": "2", "THREADS": "8"}
    service = Service(uri, log, hooks={}, settings=settings)
    service.start()
    try:
        service.wait()
        yield service.port
        service.terminate()
    finally:
        service.kill_tree()
    assert "Traceback" not in log.read_text()


@pytest.fixture(scope="module")
def flask(uri: str, port: int, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """Runs a command of the operator."""
    folder = tmp_path_factory.mktemp("operator")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "flask", "--app", str(ROOT / "wsgi"), *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "DATA_DIR": str(folder), "MONGO_URI": uri},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture(scope="module")
def secret(flask: Flask) -> str:
    return made(flask, "shop", "deposits,withdrawals,read,users")


@pytest.fixture
def account(port: int) -> Account:
    return open_account(port)


@pytest.fixture
def shop(account: Account, secret: str) -> Account:
    """What the back end does with the account of that user."""
    return replace(account, token=f"{secret}\r\nOn-Behalf-Of: {account.user_id}")


def made(flask: Flask, name: str, scopes: str, *more: str) -> str:
    ended = flask("keys", "create", name, "--scopes", scopes, *more)
    assert ended.returncode == 0, ended.stderr
    (secret,) = ended.stdout.splitlines()
    return secret


def code(answer: Answer) -> tuple[int, str]:
    return answer.status, json.loads(answer.body)["code"]


def test_the_secret_is_printed_alone_and_only_once(flask: Flask, secret: str) -> None:
    assert re.fullmatch(r"wk_[0-9a-f]{72}", secret)
    listed = flask("keys", "list").stdout
    assert "shop" in listed
    assert secret not in listed


@pytest.mark.lengthy
def test_the_list_says_what_became_of_each_key(flask: Flask, shop: Account) -> None:
    made(flask, "soon-over", "read", "--expires", "2099-12-31")
    made(flask, "over", "read")
    flask("keys", "revoke", "over")
    shop.balance_cents()

    lines = flask("keys", "list").stdout.splitlines()

    assert lines[0].split() == ["NAME", "STATE", "SCOPES", "CREATED", "LAST", "USED"]
    by_name = {line.split()[0]: line for line in lines[1:]}
    assert re.search(r"^over +revoked \d{4}-.*Z +read +\d{4}-.*Z +never$", by_name["over"])
    assert "good until 2099-12-31T00:00:00Z" in by_name["soon-over"]
    assert re.search(r"^shop +good +deposits,read,users,withdrawals .*Z +\d{4}-", by_name["shop"])


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("create", "shop", "--scopes", "read"), "Has been used"),
        (("create", "Shop!", "--scopes", "read"), "Must be 1 to 63"),
        (("create", "x", "--scopes", "read,all"), "no such scope: all"),
        (("create", "x", "--scopes", ""), "no such scope"),
        (("create", "x"), "--scopes"),
        (("create", "x", "--scopes", "read", "--expires", "2020-01-01"), "Must be in the future"),
        (("create", "x", "--scopes", "read", "--expires", "soon"), "soon"),
        (("revoke", "nobodys"), "No such key"),
    ],
)
@pytest.mark.lengthy
def test_a_command_that_cannot_be_done_says_why_and_makes_no_key(
    flask: Flask, secret: str, arguments: tuple[str, ...], why: str
) -> None:
    ended = flask("keys", *arguments)

    assert ended.returncode != 0
    assert why in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""


@pytest.mark.lengthy
def test_a_revoked_key_stops_in_every_process_within_the_stated_seconds(
    flask: Flask, account: Account
) -> None:
    lost = made(flask, "lost", "read,deposits")
    thief = replace(account, token=f"{lost}\r\nOn-Behalf-Of: {account.user_id}")

    def used() -> set[int]:
        with ThreadPoolExecutor(8) as pool:
            return {a.status for a in pool.map(lambda _: thief.call("GET", "/wallets"), range(40))}

    assert used() == {200}
    assert flask("keys", "revoke", "lost").returncode == 0
    time.sleep(REMEMBERED_SECONDS)

    assert used() == {401}
    assert code(thief.call("POST", "/wallets/deposit", {"amount": 1})) == (401, "unauthenticated")
    account.assert_nothing_moved()


@pytest.mark.parametrize("again", ["the same", "another", "nothing"])
def test_two_headers_are_refused_in_either_order(
    shop: Account, secret: str, port: int, again: str
) -> None:
    other = {"the same": shop.user_id, "another": open_account(port).user_id, "nothing": ""}[again]
    first, second = f"On-Behalf-Of: {shop.user_id}", f"on-behalf-of: {other}"
    key = f"Authorization: Bearer {secret}"

    for lines in ((first, second), (second, first)):
        (answer,) = exchange(port, request("GET", "/wallets", key, *lines))
        assert code(answer) == (400, "invalid_on_behalf_of")


def test_a_name_with_an_underscore_is_not_the_header(
    account: Account, secret: str, port: int
) -> None:
    key = f"Authorization: Bearer {secret}"

    for name in ("On_Behalf_Of", "HTTP_ON_BEHALF_OF"):
        lines = (key, f"{name}: {account.user_id}")
        (answer,) = exchange(port, request("GET", "/wallets", *lines))
        assert code(answer) == (400, "invalid_on_behalf_of")


def test_a_key_and_a_token_together_open_nothing(account: Account, secret: str, port: int) -> None:
    user, key = account.authorization, f"Authorization: Bearer {secret}"

    for lines in ((user, key), (key, user)):
        sent = request("GET", "/wallets", *lines, f"On-Behalf-Of: {account.user_id}")
        (answer,) = exchange(port, sent)
        assert code(answer) == (401, "unauthenticated")


def test_no_token_is_taken_for_one_of_another_kind(account: Account, secret: str) -> None:
    login = account.call(
        "POST", "/auth/login", {"email": account.email, "password": "correct horse battery"}
    )
    refresh_token = json.loads(login.body)["refreshToken"]

    for token in (refresh_token, refresh_token.replace("wr_", "wk_"), f"wk_{account.token}"):
        assert code(replace(account, token=token).call("GET", "/wallets"))[0] == 401
    for token in (secret, secret.replace("wk_", "wr_"), account.token):
        answer = account.call("POST", "/auth/refresh", {"refreshToken": token})
        assert answer.status in (400, 401)
    account.assert_nothing_moved()


def test_a_user_and_a_back_end_that_race_with_one_key_move_money_once(
    account: Account, shop: Account
) -> None:
    start = threading.Barrier(AT_ONCE)

    def withdraw(n: int) -> Answer:
        start.wait(20)
        who = (account, shop)[n % 2]
        return who.call("POST", "/withdrawals", WITHDRAWAL, "Idempotency-Key: raced")

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(withdraw, range(AT_ONCE)))

    assert {answer.status for answer in answers} == {201}
    assert len({json.loads(answer.body)["id"] for answer in answers}) == 1
    assert account.balance_cents() == account.FUNDED_CENTS - 100


def test_once_a_user_is_deactivated_no_back_end_moves_the_users_money(
    flask: Flask, account: Account, shop: Account
) -> None:
    over = threading.Event()

    def withdraw() -> list[tuple[float, int]]:
        told = []
        while not over.is_set() and len(told) < 3000:
            begun = time.monotonic()
            body = {"amountCents": 1, "destination": "bank-1"}
            told.append((begun, shop.call("POST", "/withdrawals", body).status))
        return told

    with ThreadPoolExecutor(4) as pool:
        racing = [pool.submit(withdraw) for _ in range(4)]
        assert flask("deactivate", account.email).returncode == 0
        since = time.monotonic()
        time.sleep(0.5)
        over.set()
        told = [each for one in racing for each in one.result()]

    assert {status for _, status in told} == {201, 403}
    assert {status for begun, status in told if begun > since} == {403}


def test_lines_of_the_log_name_the_key_and_hold_no_secret(
    shop: Account, secret: str, log: Path
) -> None:
    shop.call("GET", "/wallets", None, "X-Request-ID: of-the-shop")
    shop.call("POST", "/auth/logout", {}, "X-Request-ID: refused-to-the-shop")
    deadline = time.monotonic() + 10
    lines: dict[str, dict[str, object]] = {}
    while len(lines) < 2 and time.monotonic() < deadline:
        told = [json.loads(line) for line in log.read_text().splitlines() if line[:1] == "{"]
        wanted = ("of-the-shop", "refused-to-the-shop")
        lines = {each["requestId"]: each for each in told if each.get("requestId") in wanted}
        time.sleep(0.05)

    assert lines["of-the-shop"]["backendKey"] == "shop"
    assert lines["of-the-shop"]["userId"] == shop.user_id
    assert lines["refused-to-the-shop"]["backendKey"] == "shop"
    assert lines["refused-to-the-shop"]["code"] == "users_only"
    assert secret[3:35] not in log.read_text()


def test_production_warns_at_its_start_while_users_deposit(port: int, log: Path) -> None:
    told = [json.loads(line) for line in log.read_text().splitlines() if line[:1] == "{"]

    warnings = [line for line in told if line.get("event") == "deposits_by_users"]

    assert [line["level"] for line in warnings] == ["warning"]
    assert "DEPOSITS=backend" in warnings[0]["message"]
