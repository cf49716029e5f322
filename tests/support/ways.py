"""The ways to the service that a test may take, and which tests cannot take all of them."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.faults.service import Service
from tests.support.nginx import nginx_before
from tests.support.served_client import ServedClient

PROCESS, SOCKET, NGINX = "process", "socket", "nginx"
WAYS = (PROCESS, SOCKET, NGINX)
MARKS = {
    # What a test can do to its own process, it cannot do to another.
    "in_process": (SOCKET, NGINX),
    # What gunicorn would take or refuse, nginx refuses or mends before.
    "not_through_nginx": (NGINX,),
}
SERVICE = {"_reached"}
"""The fixtures that are the service."""
OWN_SETTINGS = {
    "WORKERS": "2",
    # Its relay must not book at the present what a test moves while it holds its own clock.
    "SWEEP_SECONDS": "600",
}


def choose(way: str, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what asks the service nothing, and skip what cannot go this way, and say why."""
    if way == PROCESS:
        return
    asking = [item for item in items if SERVICE.intersection(getattr(item, "fixturenames", ()))]
    config.hook.pytest_deselected(items=[item for item in items if item not in asking])
    items[:] = asking
    for item in items:
        for name, impassable in MARKS.items():
            mark = item.get_closest_marker(name)
            if mark is not None and way in impassable:
                item.add_marker(pytest.mark.skip(reason=f"{name}: {mark.args[0]}"))


@contextmanager
def way_to(
    app: Flask, way: str, mongo_uri: str, settings: dict[str, str], folder: Path
) -> Iterator[FlaskClient]:
    """A client that goes this way: to the app itself, or to gunicorn over the same database."""
    if way == PROCESS:
        yield app.test_client()
        return
    log = folder / "service.log"
    with ExitStack() as stopping:
        service = Service(mongo_uri, log, hooks={}, settings={**settings, **OWN_SETTINGS})
        stopping.callback(service.kill_tree)
        service.start()
        service.wait()
        client = ServedClient(app, f"http://127.0.0.1:{service.port}")
        if way == NGINX:
            nginx = stopping.enter_context(nginx_before(service.port, folder / "nginx"))
            client = ServedClient(app, nginx.address, nginx.certificate)
        stopping.callback(client.close)
        yield client
        service.terminate()
    written = log.read_text(errors="replace")
    assert "Traceback" not in written, written[-5000:]
