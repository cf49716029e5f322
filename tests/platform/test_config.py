"""Settings are read once, typed and checked; an unsafe production never starts."""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest
from environs import Env
from limits import RateLimitItemPerMinute

from wallet_api import (
    config,
    mail_settings,
    payout_settings,
    rate_limit_settings,
    withdrawal_limits,
)
from wallet_api.config import InvalidSettings, Settings
from wallet_api.signing_keys import MINIMUM_SECRET_BYTES

ROOT = Path(__file__).parents[2]
SECRET = "f2b0a1d94c7e4a6f8d3e5c1b7a902846"
EXAMPLE = ROOT / ".env.example"


@pytest.fixture(autouse=True)
def _a_machine_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for field in fields(Settings):
        monkeypatch.delenv(field.name.upper(), raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)


def read(monkeypatch: pytest.MonkeyPatch, **environment: str) -> Settings:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    env = Env()
    env.read_env(Path.cwd() / ".env", recurse=False)
    return config.read(env)


SECRETS = {"JWT_SECRET_KEY": SECRET, "LEDGER_SECRET": SECRET[::-1]}


def example_of(name: str) -> str:
    (line,) = (line for line in EXAMPLE.read_text().splitlines() if line.startswith(f"#{name}="))
    return line.partition("=")[2]


def test_nothing_set_is_a_development_on_port_3000(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = read(monkeypatch)

    assert (chosen.app_env, chosen.host, chosen.port) == ("development", "127.0.0.1", 3000)
    assert chosen.mongo_uri is None
    assert not chosen.is_production


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("secret", ["", "short", SECRET[:31], "EXAMPLE"])
def test_production_refuses_a_missing_short_or_example_secret(
    monkeypatch: pytest.MonkeyPatch, name: str, secret: str
) -> None:
    secret = example_of(name) if secret == "EXAMPLE" else secret

    with pytest.raises(InvalidSettings, match=f"needs {name}"):
        read(
            monkeypatch,
            **{"APP_ENV": "production", "MONGO_URI": "mongodb://db/wallet_api"}
            | SECRETS
            | {name: secret},
        )


def test_each_secret_of_the_ledger_is_a_safe_one(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = SECRETS | {"APP_ENV": "production", "MONGO_URI": "mongodb://db/wallet_api"}
    first, second = SECRET[::-1], SECRET.upper()

    chosen = read(monkeypatch, **settings | {"LEDGER_SECRET": f"{first}, {second}"})

    assert chosen.ledger_secret == (first, second)
    for weak in f"{first},short", f"short,{first}":
        with pytest.raises(InvalidSettings, match="needs LEDGER_SECRET"):
            read(monkeypatch, **settings | {"LEDGER_SECRET": weak})


def test_one_secret_does_not_sign_both_tokens_and_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {"APP_ENV": "production", "MONGO_URI": "mongodb://db/wallet_api"}

    for tokens in {"JWT_SECRET_KEY": SECRET}, {"JWT_SECRET_KEYS": f"a:{SECRET}"}:
        with pytest.raises(InvalidSettings, match="must not sign the tokens"):
            read(monkeypatch, **settings, **tokens, LEDGER_SECRET=SECRET)


def test_production_refuses_a_missing_mongo_uri(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidSettings, match="MONGO_URI"):
        read(monkeypatch, APP_ENV="production", **SECRETS)


def test_production_with_secrets_and_a_database_is_accepted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chosen = read(monkeypatch, APP_ENV="production", MONGO_URI="mongodb://db/wallet_api", **SECRETS)

    assert chosen.is_production


def test_production_with_keys_needs_no_other_secret_but_refuses_an_unsafe_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MONGO_URI", "mongodb://db/wallet_api")
    monkeypatch.setenv("LEDGER_SECRET", SECRET.upper())
    monkeypatch.setenv("JWT_SECRET_KEYS", f" 2026-11:{SECRET} , 2026-05:{SECRET[::-1]}")

    chosen = read(monkeypatch, APP_ENV="production")

    assert chosen.jwt_secret_keys == (("2026-11", SECRET), ("2026-05", SECRET[::-1]))
    assert chosen.jwt_secret_key == ""
    assert SECRET not in repr(chosen)
    with pytest.raises(InvalidSettings, match="JWT_SECRET_KEY"):
        read(monkeypatch, JWT_SECRET_KEY="short")
    with pytest.raises(InvalidSettings, match="JWT_SECRET_KEY"):
        read(monkeypatch, JWT_SECRET_KEY="", JWT_SECRET_KEYS=f"-,a:{SECRET}")


def test_gunicorn_says_in_one_line_why_it_does_not_start() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "gunicorn"],
        cwd=ROOT,
        env={**os.environ, "APP_ENV": "production", "JWT_SECRET_KEY": ""},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert ended.returncode == 1
    assert ended.stderr.startswith("wallet_api: APP_ENV=production needs JWT_SECRET_KEY")
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "0"),
        ("PORT", "http"),
        ("APP_ENV", "staging"),
        ("MONGO_URI", "localhost:27017/wallet"),
        ("THREADS", "0"),
        ("DEFAULT_CURRENCY", "XXX"),
        ("SWEEP_SECONDS", "0"),
        ("PUBLIC_URL", "example.com/api"),
        ("PUBLIC_URL", "javascript:alert(1)"),
        ("PUBLIC_URL", "https://example.com/api?x=1"),
        ("PUBLIC_URL", "https://example.com/a b"),
        ("RATE_LIMIT_USER", "600"),
        ("RATE_LIMIT_USER", "0/minute"),
        ("RATE_LIMIT_USER", "-1/minute"),
        ("RATE_LIMIT_USER", "1.5/minute"),
        ("RATE_LIMIT_ADDRESS", "600/fortnight"),
        ("RATE_LIMIT_ADDRESS", "600/minute; 10/second"),
        ("RATE_LIMIT_STORE", "memory"),
        ("RATE_LIMIT_STORE", f"http://:{SECRET}@127.0.0.1:6379"),
        ("RATE_LIMIT_STORE", f"redis://:{SECRET}@"),
        ("RATE_LIMIT_STORE", f"redis://:{SECRET}@127.0.0.1:70000"),
        ("DEPOSITS", "nobody"),
        ("DEPOSITS", "USER"),
        ("JWT_SECRET_KEYS", SECRET),
        ("JWT_SECRET_KEYS", f"a:{SECRET},{SECRET}"),
        ("JWT_SECRET_KEYS", f":{SECRET}"),
        ("JWT_SECRET_KEYS", f"-:{SECRET}"),
        ("JWT_SECRET_KEYS", f"a:{SECRET},-"),
        ("JWT_SECRET_KEYS", f"a b:{SECRET}"),
        ("JWT_SECRET_KEYS", f"a:{SECRET[:31]}"),
        ("JWT_SECRET_KEYS", f"a:{SECRET},b:"),
        ("JWT_SECRET_KEYS", f"a:{SECRET},a:{SECRET[::-1]}"),
        ("JWT_SECRET_KEYS", f"a:change-me-{SECRET}"),
    ],
)
def test_a_value_out_of_range_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    with pytest.raises(InvalidSettings, match=name) as refused:
        read(monkeypatch, **{name: value})

    assert SECRET[:31] not in str(refused.value)


def test_a_data_folder_that_cannot_be_used_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(InvalidSettings, match="DATA_DIR"):
        read(monkeypatch, DATA_DIR=str(tmp_path / "file" / "data"))


def test_the_environment_goes_before_the_env_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("PORT=3001\nTHREADS=4\n")

    chosen = read(monkeypatch, PORT="3002")

    assert (chosen.port, chosen.threads) == (3002, 4)


def test_the_development_secret_outlives_a_restart_and_is_its_owners_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first, second = read(monkeypatch), read(monkeypatch)

    assert first.jwt_secret_key == second.jwt_secret_key
    assert first.ledger_secret == second.ledger_secret != (first.jwt_secret_key,)
    assert len(first.jwt_secret_key) >= MINIMUM_SECRET_BYTES
    for name in "jwt-secret", "ledger-secret":
        assert (tmp_path / "data" / name).stat().st_mode & 0o777 == 0o600


def test_many_at_once_agree_on_the_development_secret(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Catches the mutant that creates the file first and writes into it then."""
    for attempt in range(20):
        folder = tmp_path / str(attempt)
        monkeypatch.setenv("DATA_DIR", str(folder))
        with ThreadPoolExecutor(8) as pool:
            read = list(pool.map(config.read, [Env()] * 8))

        ((jwt_secret, (ledger_secret,)),) = {(s.jwt_secret_key, s.ledger_secret) for s in read}
        assert min(len(jwt_secret), len(ledger_secret)) >= MINIMUM_SECRET_BYTES
        assert {path.name for path in folder.iterdir()} == {"jwt-secret", "ledger-secret"}


def test_settings_are_frozen_and_show_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = read(monkeypatch, MONGO_URI="mongodb://me:pass@db/wallet_api", **SECRETS)

    with pytest.raises(FrozenInstanceError):
        chosen.port = 1
    assert not any(secret in repr(chosen) for secret in SECRETS.values())
    assert "pass" not in repr(chosen)


def test_a_reread_that_fails_keeps_the_settings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = config.reread()
    (tmp_path / ".env").write_text("PORT=none\n")

    with pytest.raises(InvalidSettings):
        config.reread()

    assert config.settings() is before
    config.settings.cache_clear()


def test_the_example_explains_every_setting_and_is_accepted_as_it_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lines = [line for line in EXAMPLE.read_text().splitlines() if line.startswith("#")]
    named = {line[1:].partition("=")[0] for line in lines if line[1:2].isupper() and "=" in line}
    (tmp_path / ".env").write_text(EXAMPLE.read_text())

    own = {field.name.upper() for field in fields(Settings)} - {
        "MAIL",
        "PAYOUTS",
        "RATE_LIMITS",
        "WITHDRAWAL_LIMITS",
    }
    of_payouts = set(re.findall(r'"(PAYOUT_[A-Z_]+)"', Path(payout_settings.__file__).read_text()))
    text = Path(withdrawal_limits.__file__).read_text()
    of_limits = set(re.findall(r'"((?:LIMIT|MINIMUM|NEW)_[A-Z_]+)"', text))
    of_mail = set(re.findall(r'"([A-Z_]+)", "', Path(mail_settings.__file__).read_text()))
    text = Path(rate_limit_settings.__file__).read_text()
    of_rates = set(re.findall(r'env.str\("([A-Z_]+)"', text))
    assert named == own | of_mail | of_payouts | of_limits | of_rates
    assert read(monkeypatch).port == 3000


def test_a_rate_is_requests_and_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = read(monkeypatch, RATE_LIMIT_USER="600/minute", RATE_LIMIT_ADDRESS="20 per 5 minutes")

    assert chosen.rate_limits.user == RateLimitItemPerMinute(600)
    assert chosen.rate_limits.address == RateLimitItemPerMinute(20, 5)


def test_an_empty_rate_is_no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = read(monkeypatch, RATE_LIMIT_USER="", RATE_LIMIT_ADDRESS=" ", RATE_LIMIT_STORE="")

    assert (chosen.rate_limits.user, chosen.rate_limits.address) == (None, None)
    assert chosen.rate_limits.store == "mongodb"
