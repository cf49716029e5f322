"""What a service warns of while it starts in production."""

import json
from pathlib import Path
from typing import Any

from tests.faults.service import Service
from tests.support.requests_by_address import call


def warnings_at_start(uri: str, log: Path, settings: dict[str, str], event: str) -> list[str]:
    """The messages of this event."""
    service = Service(uri, log, hooks={}, settings={"APP_ENV": "production", **settings})
    service.start()
    try:
        service.wait()
        assert call(service.port, "GET", "/healthz").status == 200
        service.terminate()
    finally:
        service.kill_tree()
    told: list[Any] = [json.loads(line) for line in log.read_text().splitlines() if line[:1] == "{"]
    return [each["message"] for each in told if each.get("event") == event]
