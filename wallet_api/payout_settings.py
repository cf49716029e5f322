"""The settings of payouts, typed and checked: a part of `Settings`."""

import base64
import binascii
import importlib.util
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

from environs import Env, EnvError
from marshmallow.validate import OneOf, Range, Regexp

GATEWAYS = ("none", "http", "razorpayx", "simulated")
BROKERS = ("amqp", "amqps", "redis", "rediss")

_is_base_url = Regexp(
    r"(https?://[^\s/?#@]+(/[^\s?#]*)?)?\Z", error="Must be a URL such as https://bank-shim.example"
)


@dataclass(frozen=True, slots=True)
class PayoutSettings:
    gateway: str
    """By which new withdrawals are paid; `none`: the debit is the whole story."""
    http_url: str
    """Of the `http` gateway, without a slash at its end."""
    http_token: str = field(repr=False)
    http_callback_secrets: tuple[bytes, ...] = field(repr=False)
    """Several while one is being replaced."""
    razorpayx_url: str
    razorpayx_key_id: str
    razorpayx_key_secret: str = field(repr=False)
    razorpayx_account_number: str
    """Ours, from which is paid."""
    razorpayx_webhook_secrets: tuple[str, ...] = field(repr=False)
    simulator_behaviours: str
    """Of the simulator that a service with the gateway `simulated` starts beside itself."""
    timeout: timedelta
    """How long one exchange with a gateway may take in all."""
    key_life: timedelta
    """How long the `http` gateway knows a reference at least."""
    not_found_is_final_after: timedelta | None
    """Of the `http` gateway; None: never."""
    first_wait: timedelta
    """Before a payout without a final answer is taken up again; doubles each time."""
    longest_wait: timedelta
    review_after: timedelta
    """A payout that is unfinished for so long is shown to a person."""
    lease: timedelta
    """How long a payout is left to the worker that has taken it up."""
    worker: str
    """`inside`: each serving process pays out too; `separate`: `flask worker` alone does."""
    worker_threads: int
    broker_url: str = field(repr=False)
    """Of RabbitMQ or Redis, through which a fleet's workers are woken; empty: they look by
    themselves."""

    @property
    def is_on(self) -> bool:
        return self.gateway != "none"

    @property
    def nowhere(self) -> str | None:
        """Why no payout can be sent; None: one can. Only a service that serves starts a simulator
        of its own; a worker beside it must be told where that is."""
        if self.gateway != "simulated" or self.http_url:
            return None
        return (
            "PAYOUT_GATEWAY=simulated needs PAYOUT_HTTP_URL and PAYOUT_HTTP_TOKEN here: the first "
            "lines of the service's log tell where its simulator is."
        )


def read(env: Env) -> PayoutSettings:
    """Raises EnvError: the message names the setting."""
    gateway = env.str("PAYOUT_GATEWAY", "none", validate=OneOf(GATEWAYS))
    lease = _seconds(env, "PAYOUT_LEASE_SECONDS", 60)
    timeout = _seconds(env, "PAYOUT_HTTP_TIMEOUT_SECONDS", 15)
    if lease < 2 * timeout:
        raise EnvError(
            "PAYOUT_LEASE_SECONDS must be twice PAYOUT_HTTP_TIMEOUT_SECONDS at least: another "
            "worker takes a payout up after it."
        )
    not_found = _seconds(env, "PAYOUT_NOT_FOUND_FINAL_SECONDS", 3600, least=0)
    if timedelta(0) < not_found < 2 * lease:
        raise EnvError(
            "PAYOUT_NOT_FOUND_FINAL_SECONDS must be 0, or twice PAYOUT_LEASE_SECONDS at least: a "
            "worker may still be sending the payout."
        )
    chosen = PayoutSettings(
        gateway=gateway,
        http_url=env.str("PAYOUT_HTTP_URL", "", validate=_is_base_url).rstrip("/"),
        http_token=env.str("PAYOUT_HTTP_TOKEN", ""),
        http_callback_secrets=_webhook_secrets(env),
        razorpayx_url=env.str(
            "PAYOUT_RAZORPAYX_URL", "https://api.razorpay.com", validate=_is_base_url
        ).rstrip("/"),
        razorpayx_key_id=env.str("PAYOUT_RAZORPAYX_KEY_ID", ""),
        razorpayx_key_secret=env.str("PAYOUT_RAZORPAYX_KEY_SECRET", ""),
        razorpayx_account_number=env.str("PAYOUT_RAZORPAYX_ACCOUNT_NUMBER", ""),
        razorpayx_webhook_secrets=_listed(env, "PAYOUT_RAZORPAYX_WEBHOOK_SECRET"),
        simulator_behaviours=env.str("PAYOUT_SIMULATOR_BEHAVIOURS", "settles"),
        timeout=timeout,
        key_life=_seconds(env, "PAYOUT_KEY_LIFE_SECONDS", 86_400),
        not_found_is_final_after=not_found or None,
        first_wait=_seconds(env, "PAYOUT_RETRY_SECONDS", 2),
        longest_wait=_seconds(env, "PAYOUT_RETRY_MAX_SECONDS", 900),
        review_after=_seconds(env, "PAYOUT_REVIEW_SECONDS", 86_400),
        lease=lease,
        worker=env.str("PAYOUT_WORKER", "inside", validate=OneOf(["inside", "separate"])),
        worker_threads=env.int("PAYOUT_WORKER_THREADS", 4, validate=Range(1, 64)),
        broker_url=_broker_url(env),
    )
    _check_complete(chosen)
    return chosen


_NEEDED = {
    "http": ("http_url", "http_token"),
    "razorpayx": ("razorpayx_key_id", "razorpayx_key_secret", "razorpayx_account_number"),
}


def _check_complete(chosen: PayoutSettings) -> None:
    for name in _NEEDED.get(chosen.gateway, ()):
        if not getattr(chosen, name):
            raise EnvError(f"PAYOUT_GATEWAY={chosen.gateway} needs PAYOUT_{name.upper()}.")
    if chosen.gateway == "simulated" and chosen.http_url and not chosen.http_token:
        raise EnvError("PAYOUT_GATEWAY=simulated with a PAYOUT_HTTP_URL needs PAYOUT_HTTP_TOKEN.")


def _seconds(env: Env, name: str, default: float, least: float = 0.001) -> timedelta:
    return timedelta(seconds=env.float(name, default, validate=Range(least, 10**9)))


def _broker_url(env: Env) -> str:
    """Raises EnvError, without what may be a password."""
    name = "PAYOUT_BROKER_URL"
    text = env.str(name, "")
    if text and not _is_broker(text):
        raise EnvError(
            f"{name} must be the URL of a RabbitMQ or a Redis, such as "
            "amqp://user:password@host:5672/ or redis://host:6379/0."
        )
    if text and importlib.util.find_spec("celery") is None:
        raise EnvError(f"{name} needs Celery: install requirements-celery.txt.")
    return text


def _is_broker(text: str) -> bool:
    with suppress(ValueError):
        url = urlsplit(text)
        return url.scheme in BROKERS and bool(url.hostname) and url.port != 0
    return False


def _listed(env: Env, name: str) -> tuple[str, ...]:
    return tuple(filter(None, map(str.strip, env.str(name, "").split(","))))


def _webhook_secrets(env: Env) -> tuple[bytes, ...]:
    """As Standard Webhooks writes them: `whsec_` and base64; several with commas."""
    name = "PAYOUT_HTTP_CALLBACK_SECRET"
    secrets = []
    for text in _listed(env, name):
        try:
            secret = base64.b64decode(text.removeprefix("whsec_"), validate=True)
        except binascii.Error:
            secret = b""
        if not text.startswith("whsec_") or not 24 <= len(secret) <= 64:
            raise EnvError(f"{name} must be whsec_ and the base64 of 24 to 64 bytes.")
        secrets.append(secret)
    return tuple(secrets)
