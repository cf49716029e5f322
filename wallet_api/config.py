"""Settings, read once from the environment (or `.env`), typed and checked."""

from dataclasses import dataclass, field
from functools import cache
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

from environs import Env, EnvError
from marshmallow.validate import Length, OneOf, Range, Regexp

from wallet_api import (
    env_file,
    mail_settings,
    payout_settings,
    rate_limit_settings,
    withdrawal_limits,
)
from wallet_api.address_settings import networks, origins
from wallet_api.kept_secrets import kept_secret
from wallet_api.mail_settings import MailSettings
from wallet_api.money import DECIMALS
from wallet_api.mongo_uri import check as check_mongo_uri
from wallet_api.payout_settings import PayoutSettings
from wallet_api.rate_limit_settings import RateLimitSettings
from wallet_api.signing_keys import MINIMUM_SECRET_BYTES, SigningKey, signing_keys
from wallet_api.withdrawal_limits import WithdrawalLimits


class InvalidSettings(Exception):
    """The service must not start like this; the message says why."""


_is_public_url = Regexp(
    r"(https?://[^\s/?#]+)?(/[^\s?#]*)?\Z",
    error="Must be a URL such as https://example.com/api/wallet, or its path alone",
)


@dataclass(frozen=True, slots=True)
class Settings:
    app_env: str
    host: str
    port: int
    mongo_uri: str | None = field(repr=False)
    """None: the embedded MongoDB, whose data live in data_dir."""
    data_dir: Path
    jwt_secret_key: str = field(repr=False)
    """Of tokens without a kid; empty where there are jwt_secret_keys alone."""
    jwt_secret_keys: tuple[SigningKey, ...]
    """Of tokens with a kid, each by its own; the first signs, unless it is WITHOUT_KID."""
    ledger_secret: tuple[str, ...] = field(repr=False)
    """Sign the ledger: the last one what is new, the ones before what they have signed."""
    jwt_issuer: str
    jwt_audience: str
    access_token_seconds: int
    refresh_token_seconds: int
    """A session ends so long after its last refresh token was given."""
    default_currency: str
    deposits: str
    mail: MailSettings
    payouts: PayoutSettings
    withdrawal_limits: WithdrawalLimits
    argon2_memory_kib: int
    argon2_time_cost: int
    argon2_parallelism: int
    login_tries: int
    """Failed logins of one email from one address, within the window, before 429."""
    login_tries_per_address: int
    """Failed logins from one address, whatever the emails, within the window, before 429."""
    registrations_per_address: int
    """Registrations from one address, within the window, before 429."""
    login_window_seconds: int
    rate_limits: RateLimitSettings
    public_url: str
    """Where clients reach the service, without a slash at its end; empty: at its root."""
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...]
    """Whose X-Forwarded-For is believed; none: nobody's."""
    cors_origins: tuple[str, ...]
    """Whose pages may call the service from a browser; none: only its own."""
    database_timeout_seconds: float
    """How long one request waits for a thread and a writable database before it is answered 503."""
    request_seconds: float
    """How long a client may take to send its request, and to read each piece of the answer."""
    relay_batch: int
    """So many movements in a wallet's outbox start its copying."""
    outbox_limit: int
    """So many movements at most wait in a wallet's outbox."""
    sweep_seconds: float
    """A movement waits about this long for its copy at most."""
    workers: int
    """Worker processes; 0: as many as the machine has cores."""
    pin_workers: bool
    threads: int
    log_level: str
    request_log: bool
    """Whether each request has a line in the log; without, refused and failed ones have."""

    @property
    def is_production(self) -> bool:
        return self.app_env == "production"


@cache
def settings() -> Settings:
    """The process's settings. Raises InvalidSettings."""
    env = Env()
    file = Path.cwd() / ".env"
    try:
        env_file.check(file)
    except env_file.EnvFileFault as fault:
        raise InvalidSettings(str(fault)) from None
    env.read_env(file, recurse=False)
    return read(env)


def reread() -> Settings:
    """The process's settings afresh; it keeps the ones it had where it raises InvalidSettings."""
    settings.__wrapped__()
    settings.cache_clear()
    return settings()


def read(env: Env) -> Settings:
    """Settings from `env`, every one checked. Raises InvalidSettings."""
    try:
        return _checked(env)
    except EnvError as error:
        raise InvalidSettings(str(error)) from None


def _checked(env: Env) -> Settings:
    app_env = env.str("APP_ENV", "development", validate=OneOf(["development", "production"]))
    mongo_uri = env.str("MONGO_URI", "", validate=check_mongo_uri) or None
    data_dir = Path(env.str("DATA_DIR", ".data")).resolve()
    secret = env.str("JWT_SECRET_KEY", "")
    keys = _signing_keys("JWT_SECRET_KEYS", env.str("JWT_SECRET_KEYS", ""))
    ledger_secret = tuple(filter(None, map(str.strip, env.str("LEDGER_SECRET", "").split(","))))
    if app_env == "production":
        if secret or not _signs(keys):
            _refuse_unsafe("JWT_SECRET_KEY", secret)
        for each in ledger_secret or ("",):
            _refuse_unsafe("LEDGER_SECRET", each)
            if each in {secret, *(key.secret for key in keys)}:
                raise InvalidSettings("LEDGER_SECRET must not sign the tokens as well.")
        if mongo_uri is None:
            raise InvalidSettings(
                "APP_ENV=production needs MONGO_URI: the embedded MongoDB is for development."
            )
    positive = Range(min=1)
    return Settings(
        app_env=app_env,
        host=env.str("HOST", "127.0.0.1", validate=Length(min=1)),
        port=env.int("PORT", 3000, validate=Range(1, 65535)),
        mongo_uri=mongo_uri,
        data_dir=data_dir,
        jwt_secret_key=secret or ("" if _signs(keys) else kept_secret(data_dir, "jwt-secret")),
        jwt_secret_keys=keys,
        ledger_secret=ledger_secret or (kept_secret(data_dir, "ledger-secret"),),
        jwt_issuer=env.str("JWT_ISSUER", "wallet_api", validate=Length(min=1)),
        jwt_audience=env.str("JWT_AUDIENCE", "wallet_api", validate=Length(min=1)),
        access_token_seconds=env.int("ACCESS_TOKEN_SECONDS", 3600, validate=positive),
        refresh_token_seconds=env.int("REFRESH_TOKEN_SECONDS", 2_592_000, validate=positive),
        default_currency=env.str("DEFAULT_CURRENCY", "INR", validate=OneOf(list(DECIMALS))),
        deposits=env.str("DEPOSITS", "user", validate=OneOf(["user", "backend"])),
        mail=mail_settings.read(env),
        payouts=payout_settings.read(env),
        withdrawal_limits=withdrawal_limits.read(env),
        argon2_memory_kib=env.int("ARGON2_MEMORY_KIB", 19456, validate=Range(min=8)),
        argon2_time_cost=env.int("ARGON2_TIME_COST", 2, validate=positive),
        argon2_parallelism=env.int("ARGON2_PARALLELISM", 1, validate=positive),
        login_tries=env.int("LOGIN_TRIES", 10, validate=positive),
        login_tries_per_address=env.int("LOGIN_TRIES_PER_ADDRESS", 100, validate=positive),
        registrations_per_address=env.int("REGISTRATIONS_PER_ADDRESS", 2000, validate=positive),
        login_window_seconds=env.int("LOGIN_WINDOW_SECONDS", 900, validate=positive),
        rate_limits=rate_limit_settings.read(env),
        public_url=env.str("PUBLIC_URL", "", validate=_is_public_url).rstrip("/"),
        trusted_proxies=networks("TRUSTED_PROXIES", env.str("TRUSTED_PROXIES", "")),
        cors_origins=origins("CORS_ORIGINS", env.str("CORS_ORIGINS", "")),
        database_timeout_seconds=env.float("DATABASE_TIMEOUT_SECONDS", 15.0, validate=positive),
        request_seconds=env.float("REQUEST_SECONDS", 10.0, validate=Range(min=0.1)),
        relay_batch=env.int("RELAY_BATCH", 64, validate=positive),
        outbox_limit=env.int("OUTBOX_LIMIT", 256, validate=Range(2, 1000)),
        sweep_seconds=env.float("SWEEP_SECONDS", 3.0, validate=Range(min=0.01)),
        workers=env.int("WORKERS", 0, validate=Range(0, 64)),
        pin_workers=env.bool("PIN_WORKERS", True),
        threads=env.int("THREADS", 32, validate=Range(1, 256)),
        log_level=env.str("LOG_LEVEL", "info", validate=OneOf(["debug", "info", "warning"])),
        request_log=env.bool("REQUEST_LOG", True),
    )


def _signing_keys(name: str, text: str) -> tuple[SigningKey, ...]:
    """Raises InvalidSettings."""
    try:
        return signing_keys(text)
    except ValueError as error:
        raise InvalidSettings(f"{name}: {error}") from None


def _signs(keys: tuple[SigningKey, ...]) -> bool:
    return bool(keys and keys[0].secret)


def _refuse_unsafe(name: str, secret: str) -> None:
    if len(secret.encode()) < MINIMUM_SECRET_BYTES or "change-me" in secret:
        raise InvalidSettings(
            f"APP_ENV=production needs {name}: a secret of your own of at least "
            f"{MINIMUM_SECRET_BYTES} bytes, not the example. Make one: openssl rand -hex 32"
        )
