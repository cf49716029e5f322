"""SIGTERM lets a worker finish the payout that it has begun, and begin no other."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.payouts.paying import Paying
from tests.payouts.sent import Sent
from tests.support.payout_simulator import eventually
from wallet_api.embedded_mongo import EmbeddedMongo
from wallet_api.payouts.conformance.acts import Request, Response, waits_and_says
from wallet_api.payouts.conformance.hostile_gateway import HostileGateway

pytestmark = [
    pytest.mark.slow,
    pytest.mark.lengthy,
    pytest.mark.in_process("a worker of its own pays what a test has left"),
]

ROOT = Path(__file__).parents[2]


def settled(reference: str) -> Response:
    body = {"reference": reference, "status": "settled", "amountMinor": 3000, "currency": "INR"}
    return Response(200, json.dumps(body).encode(), {"Content-Type": "application/json"})


def submissions(hostile: HostileGateway) -> list[Request]:
    return [each for each in hostile.requests if each.method == "POST"]


def test_what_is_at_the_gateway_is_finished_and_nothing_else_is_begun(
    paying: Paying, hostile: HostileGateway, mongo: EmbeddedMongo
) -> None:
    first = Sent(paying, runs=False)
    hostile.plays(waits_and_says(3, settled(f"wd{first.id}")))
    environment = os.environ | {
        "FLASK_SKIP_DOTENV": "1",
        "MONGO_URI": mongo.uri,
        "PAYOUT_HTTP_URL": hostile.url,
        "PAYOUT_WORKER_THREADS": "1",
    }
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "worker"]
    worker = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        eventually(lambda: submissions(hostile), 30)
        second = Sent(paying, runs=False)
        worker.send_signal(signal.SIGTERM)
        _, log = worker.communicate(timeout=30)
    finally:
        worker.kill()

    (begun,) = submissions(hostile)
    assert json.loads(begun.body)["reference"] == f"wd{first.id}"
    assert (worker.returncode, "payouts_stopped" in log) == (0, True)
    assert first.record["status"] == "success"
    assert "attempts" not in second.record
