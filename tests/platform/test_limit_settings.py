"""Limits on withdrawals as an operator sets them: by settings, and for one wallet by commands."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.support.people import someone
from wallet_api import config
from wallet_api.config import InvalidSettings, settings
from wallet_api.movements.wallets import find_wallets

WRONG = {
    ("LIMIT_PER_DAY", "50000"): "50000 is no currency with its amount",
    ("LIMIT_PER_DAY", "XXX:5"): "XXX is no supported ISO 4217 currency code",
    ("LIMIT_PER_WITHDRAWAL", "INR:5,INR:6"): "INR is there twice",
    ("LIMIT_PER_WITHDRAWAL", "INR:5.001"): "5.001 INR: INR has 2 decimals at most.",
    ("LIMIT_PER_WITHDRAWAL", "INR:nothing"): "nothing is no amount",
    ("LIMIT_PER_WITHDRAWAL", "INR:NaN"): "NaN INR: Must be greater than 0.",
    ("MINIMUM_WITHDRAWAL", "INR:0"): "0 INR: Must be greater than 0.",
    ("LIMIT_COUNT_PER_DAY", "0"): "LIMIT_COUNT_PER_DAY",
    ("LIMIT_COUNT_PER_DAY", "many"): "LIMIT_COUNT_PER_DAY",
    ("LIMIT_TIME_ZONE", "Mars/Olympus"): "Mars/Olympus is no time zone",
    ("LIMIT_TIME_ZONE", "../../etc/passwd"): "is no time zone",
    ("LIMIT_TIME_ZONE", ""): "is no time zone",
}


@pytest.fixture
def limited(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIMIT_PER_DAY", "INR:1000, JPY:500")
    settings.cache_clear()


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_setting_that_makes_no_sense_is_told_by_its_name(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(InvalidSettings) as told:
        config.settings.__wrapped__()

    assert name in str(told.value)
    assert WRONG[name, value] in str(told.value)


def run(app: Flask, *arguments: str) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=["limits", *arguments])
    return result.exit_code, result.output


@pytest.mark.usefixtures("limited")
def test_a_wallet_gets_limits_shows_them_and_loses_them(app: Flask, client: FlaskClient) -> None:
    ada = someone(client, "ada@example.com")
    settings_own = (
        "minimum: none (the settings')\n"
        "per withdrawal: none (the settings')\n"
        "per day: INR 1000.00, INR 1000.00 left until "
    )

    code, shown = run(app, "show", "ada@example.com")
    assert (code, shown.startswith(settings_own)) == (0, True), shown

    assert run(app, "set", "ada@example.com", "--per-day", "50.5", "--minimum", "1")[0] == 0
    code, shown = run(app, "set", "ada@example.com", "--per-day", "none", "--count-per-day", "2")
    assert code == 0
    lines = shown.splitlines()
    assert lines[0] == "minimum: INR 1.00 (the wallet's own)"
    assert lines[2] == "per day: none (the wallet's own)"
    assert lines[3].startswith("count per day: 2, 2 left until ")
    (wallet,) = find_wallets([ada.id])
    assert (wallet or {})["limits"] == {"minimumCents": 100, "perDayCents": None, "countPerDay": 2}

    code, shown = run(app, "clear", "ada@example.com")
    assert (code, shown.startswith(settings_own)) == (0, True), shown


def test_without_any_limit_that_is_said(app: Flask, client: FlaskClient) -> None:
    someone(client, "ada@example.com")

    assert run(app, "show", "ada@example.com") == (0, "no limits\n")


REFUSED = {
    ("show", "nobody@example.com"): "No such user.",
    ("clear", "nobody@example.com"): "No such user.",
    ("set", "ada@example.com"): "Name a limit.",
    ("set", "ada@example.com", "--per-day", "x"): "--per-day: x is no amount",
    ("set", "ada@example.com", "--per-day", "1.001"): (
        "--per-day: 1.001 INR: INR has 2 decimals at most."
    ),
    ("set", "ada@example.com", "--count-per-day", "1.5"): (
        "--count-per-day: 1.5 is no number of withdrawals"
    ),
}


@pytest.mark.parametrize("arguments", REFUSED)
def test_what_makes_no_sense_is_one_line_and_changes_nothing(
    app: Flask, client: FlaskClient, arguments: tuple[str, ...]
) -> None:
    ada = someone(client, "ada@example.com")

    code, shown = run(app, *arguments)

    assert code != 0
    assert shown.splitlines()[-1] == f"Error: {REFUSED[arguments]}"
    (wallet,) = find_wallets([ada.id])
    assert "limits" not in (wallet or {})


@pytest.mark.parametrize("command", [[], ["set"], ["show"], ["clear"]])
def test_each_command_explains_itself(app: Flask, command: list[str]) -> None:
    code, shown = run(app, *command, "--help")

    assert code == 0
    assert "Usage:" in shown
