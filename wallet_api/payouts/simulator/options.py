"""What a simulator is started with."""

from dataclasses import dataclass, field
from pathlib import Path

from wallet_api.payouts.simulator.mix import DEFAULT, Mix
from wallet_api.payouts.simulator.script import Wait

TOKEN = "simulator-token"  # noqa: S105  everybody may know it: it opens nothing
CALLBACK_SECRET = "whsec_c2ltdWxhdG9yLXNlY3JldC1vZi1ub2JvZHktZWxzZQ=="  # noqa: S105
KEY_ID = "rzp_test_simulator"
KEY_SECRET = "simulator-key-secret"  # noqa: S105
WEBHOOK_SECRET = "simulator-webhook-secret"  # noqa: S105
ACCOUNT_NUMBER = "2323230012345678"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seconds:
    """How long the words of the behaviours last here."""

    delay: float = 1.0
    timeout: float = 15.0
    """The client's: a late answer comes a fifth later."""
    memory: float = 2.0
    """Of a gateway that forgets its keys."""
    minute: float = 60.0
    day: float = 86_400.0

    def of(self, wait: Wait) -> float:
        return {
            Wait.NONE: 0.0,
            Wait.DELAY: self.delay,
            Wait.MINUTE: self.minute,
            Wait.DAY: self.day,
        }[wait]


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """What client and gateway share. The defaults are public: for development only."""

    token: str = TOKEN
    callback_secret: str = CALLBACK_SECRET
    old_callback_secret: str = "whsec_dGhlLXNlY3JldC1vZi1iZWZvcmUtaXQtd2FzLWNoYW5nZWQ="  # noqa: S105
    key_id: str = KEY_ID
    key_secret: str = KEY_SECRET
    account_number: str = ACCOUNT_NUMBER
    webhook_secret: str = WEBHOOK_SECRET
    old_webhook_secret: str = "simulator-webhook-secret-of-before"  # noqa: S105


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    seed: int = 0
    mix: Mix = field(default_factory=lambda: Mix({DEFAULT: 1}))
    seconds: Seconds = field(default_factory=Seconds)
    secrets: Secrets = field(default_factory=Secrets, repr=False)
    callbacks: str | None = None
    """The service's address, before `/payouts/callbacks/...`; None: no callbacks."""
    control: bool = False
    """Whether tests may set the behaviours of a reference."""
    journal: Path | None = None
    """Where the books survive a restart; None: they do not."""
    host: str = "127.0.0.1"
    port: int = 0
    """0: any that is free."""
