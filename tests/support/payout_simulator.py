"""The simulator of payout gateways as a process, and clients that speak its protocols."""

import base64
import http.client
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

ROOT = Path(__file__).parents[2]
TOKEN = "simulator-token"
KEY = base64.b64encode(b"rzp_test_simulator:simulator-key-secret").decode()
ACCOUNT = "2323230012345678"

_numbers = count(1)


def a_reference() -> str:
    """Such as the service makes: `wd` and 24 hexadecimal digits."""
    return f"wd{next(_numbers):024x}"


@dataclass(frozen=True)
class Program:
    address: str
    pid: int


@contextmanager
def running(*arguments: str) -> Iterator[str]:
    """The program, on a free port; gives its address."""
    with started(*arguments) as program:
        yield program.address


@contextmanager
def started(*arguments: str) -> Iterator[Program]:
    """The program, on a free port."""
    process = subprocess.Popen(
        [sys.executable, "-m", "wallet_api.payouts.simulator", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("simulator: http"), line + process.stdout.read()
        yield Program(line.split()[1], process.pid)
    finally:
        process.terminate()
        try:
            rest, _ = process.communicate(timeout=10)
        finally:
            process.kill()
    assert "Traceback" not in rest, rest


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Http:
    """A client of the `http` protocol, on one kept connection."""

    address: str
    timeout: float = 5.0
    headers: dict[str, str] = field(default_factory=lambda: {"Authorization": f"Bearer {TOKEN}"})

    def __post_init__(self) -> None:
        where = urlsplit(self.address)
        self.connection = http.client.HTTPConnection(
            where.hostname, where.port, timeout=self.timeout
        )

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Raises OSError, HTTPException."""
        sent = None if body is None else body if isinstance(body, bytes) else json.dumps(body)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            self.connection.request(method, path, sent, self.headers | named)
            answer = self.connection.getresponse()
            return Answer(
                answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read()
            )
        except (OSError, http.client.HTTPException):
            self.connection.close()
            raise

    def submit(self, reference: str, amount: int = 10050, currency: str = "INR") -> Answer:
        body = {
            "reference": reference,
            "amountMinor": amount,
            "currency": currency,
            "destination": "bank-account-0001",
            "createdAt": "2026-11-26T00:00:00.000Z",
        }
        return self.ask("POST", "/payouts", body, Idempotency_Key=reference)

    def inquire(self, reference: str) -> Answer:
        return self.ask("GET", f"/payouts/{reference}")

    def books(self) -> dict[str, Any]:
        return self.ask("GET", "/_books").json

    def entries(self, reference: str) -> list[dict[str, Any]]:
        return self.ask("GET", f"/_books?reference={quote(reference)}").json["payouts"]

    def behave(self, reference: str, *behaviours: str) -> None:
        body = {"reference": reference, "behaviours": behaviours}
        answer = self.ask("POST", "/_control/behaviours", body)
        assert answer.status == 200, answer.body


class RazorpayX(Http):
    """A client of RazorpayX."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.headers = {"Authorization": f"Basic {KEY}"}

    def submit(self, reference: str, amount: int = 10050, currency: str = "INR") -> Answer:
        return self.ask(
            "POST",
            "/v1/payouts",
            composite(reference, amount=amount, currency=currency),
            X_Payout_Idempotency=reference,
        )

    def inquire(self, reference: str) -> Answer:
        query = urlencode({"account_number": ACCOUNT, "reference_id": reference})
        return self.ask("GET", f"/v1/payouts?{query}")


def composite(reference: str, **changes: Any) -> dict[str, Any]:
    return {
        "account_number": ACCOUNT,
        "amount": 10050,
        "currency": "INR",
        "mode": "IMPS",
        "purpose": "payout",
        "queue_if_low_balance": True,
        "reference_id": reference,
        "narration": "Withdrawal",
        "fund_account": {
            "account_type": "bank_account",
            "bank_account": {
                "name": "Asha Rao",
                "ifsc": "HDFC0001234",
                "account_number": "5012345678",
            },
            "contact": {"name": "Asha Rao", "type": "customer", "reference_id": reference},
        },
        **changes,
    }


def eventually(holds: Callable[[], Any], seconds: float = 5.0) -> Any:
    """What it gives once that is true. Fails after so many seconds."""
    end = time.monotonic() + seconds
    while not (value := holds()):
        assert time.monotonic() < end, "it has not come to hold"
        time.sleep(0.01)
    return value
