"""Keys are changed by HUP while people are at work, and nobody is logged out."""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest

from tests.faults.service import Service
from tests.support.reloading import reload, running
from wallet_api.embedded_mongo import EmbeddedMongo

pytestmark = pytest.mark.lengthy

OLD, NEW = f"2026-05:{'o' * 32}", f"2026-11:{'n' * 32}"
ADA = {"email": "ada@example.com", "password": "correct horse battery"}
MOST_ROUNDS = 2000


@pytest.fixture
def service(
    tmp_path: Path, mongo: EmbeddedMongo, _no_settings_from_outside: None
) -> Iterator[Service]:
    root = Path(__file__).parents[2]
    for name in ("wallet_api", "wsgi.py", "gunicorn.conf.py"):
        (tmp_path / name).symlink_to(root / name)
    with running(tmp_path, mongo.uri, "rotation") as service:
        yield service


def call(service: Service, path: str, body: Any = None, token: str = "") -> tuple[int, Any]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{service.port}{path}",
        None if body is None else json.dumps(body).encode(),
        {"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)


def log_in(service: Service) -> str:
    status, login = call(service, "/auth/login", ADA)
    assert status == 200
    return str(login["token"])


class AtWork:
    """Logs in again and again, and uses every token that it ever got."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.tokens = [log_in(service)]
        self.answers: set[int] = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def __enter__(self) -> "AtWork":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(60)

    def _work(self) -> None:
        for _ in range(MOST_ROUNDS):
            if self._over.wait(0.05):
                return
            self.tokens.append(log_in(self._service))
            for token in (self.tokens[0], *self.tokens[-8:]):
                self.answers.add(call(self._service, "/wallets", token=token)[0])


def rotate(service: Service, folder: Path, keys: str) -> None:
    env = folder / ".env"
    kept = [line for line in env.read_text().splitlines() if "JWT_SECRET_KEYS" not in line]
    env.write_text("\n".join([*kept, f"JWT_SECRET_KEYS={keys}", ""]))
    reload(service)


def kid_of(token: str) -> str | None:
    kid: str | None = jwt.get_unverified_header(token).get("kid")
    return kid


def test_keys_are_changed_by_hup_and_nobody_is_logged_out(service: Service, tmp_path: Path) -> None:
    person = {"firstName": "Ada", "lastName": "Lovelace", **ADA}
    assert call(service, "/auth/register", person)[0] == 201

    with AtWork(service) as ada:
        rotate(service, tmp_path, f"-,{OLD}")
        rotate(service, tmp_path, OLD)
        rotate(service, tmp_path, f"{OLD},{NEW}")
        rotate(service, tmp_path, f"{NEW},{OLD}")

    assert ada.answers == {200}
    assert [kid_of(token) for token in (ada.tokens[0], log_in(service))] == [None, "2026-11"]
    assert {kid_of(token) for token in ada.tokens} >= {None, "2026-05"}

    of_the_old = next(token for token in ada.tokens if kid_of(token) == "2026-05")
    rotate(service, tmp_path, NEW)

    assert call(service, "/wallets", token=of_the_old)[0] == 401
    assert call(service, "/wallets", token=log_in(service))[0] == 200
