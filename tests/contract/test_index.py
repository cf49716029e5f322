"""GET / leads a browser to the documentation, and tells a program where everything is."""

from urllib.parse import urljoin

import pytest
from flask.testing import FlaskClient

from wallet_api import __version__

BROWSERS = {
    "Chromium": "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8",
    "Firefox": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "a plain one": "text/html",
}
PROGRAMS = {
    "curl": "*/*",
    "a JSON client": "application/json",
    "axios": "application/json, text/plain, */*",
    "one that likes both": "application/json, text/html",
    "one that says nothing": "",
    "one that wants something else": "image/png",
}


@pytest.mark.parametrize("accept", BROWSERS.values(), ids=BROWSERS)
def test_a_browser_is_led_to_the_documentation(client: FlaskClient, accept: str) -> None:
    answer = client.get("/", headers={"Accept": accept, "Host": "evil.test"})

    assert (answer.status_code, answer.headers["Location"]) == (302, "docs")
    assert answer.headers["Vary"] == "Accept"


@pytest.mark.parametrize("accept", PROGRAMS.values(), ids=PROGRAMS)
def test_a_program_is_told_where_everything_is(client: FlaskClient, accept: str) -> None:
    answer = client.get("/", headers={"Accept": accept})

    assert (answer.status_code, answer.content_type) == (200, "application/json")
    assert answer.headers["Vary"] == "Accept"
    index = answer.get_json()
    assert (index.pop("name"), index.pop("version")) == ("wallet_api", __version__)
    assert index.keys() == {"docs", "errors", "openapi", "health", "readiness"}
    for address in index.values():
        assert client.get(urljoin("/", address)).status_code == 200
