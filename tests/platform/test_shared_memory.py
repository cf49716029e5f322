"""The service starts on machines whose /dev/shm is missing, full or read-only."""

import subprocess
import urllib.request
from pathlib import Path

import pytest

from tests.faults import service as services
from tests.faults.service import Service
from wallet_api.embedded_mongo import EmbeddedMongo
from wallet_api.server import settings

pytestmark = pytest.mark.lengthy

OWN_MOUNTS = ("unshare", "--user", "--map-root-user", "--mount")
SHARED_MEMORY = {
    "read-only": "mount -t tmpfs -o ro tmpfs /dev/shm",
    "full": "mount -t tmpfs -o nr_inodes=1 tmpfs /dev/shm",
    "as it is": "true",
}


def behind(mount: str) -> list[str]:
    """What goes before a command so that it sees the machine after this mount."""
    return [*OWN_MOUNTS, "sh", "-c", f'{mount} && exec "$@"', "sh"]


@pytest.fixture
def _may_mount() -> None:
    tried = subprocess.run([*OWN_MOUNTS, "true"], capture_output=True, check=False)
    if tried.returncode:
        pytest.skip(f"no namespace of its own for mounts: {tried.stderr.decode().strip()}")


@pytest.mark.usefixtures("_may_mount", "_no_settings_from_outside")
@pytest.mark.parametrize("case", SHARED_MEMORY)
def test_the_service_starts_whatever_its_shared_memory_is_like(
    mongo: EmbeddedMongo,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    case: str,
) -> None:
    gunicorn = [*behind(SHARED_MEMORY[case]), *services.GUNICORN]
    monkeypatch.setattr(services, "GUNICORN", gunicorn)
    service = Service(mongo.uri, tmp_path / "service.log", hooks={})
    service.start()
    try:
        service.wait(30)

        with urllib.request.urlopen(f"http://127.0.0.1:{service.port}/healthz") as answer:
            assert answer.status == 200
    finally:
        service.kill_tree()


def test_where_there_is_no_shared_memory_heartbeats_go_where_temporary_files_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    present = settings.heartbeat_folder()
    monkeypatch.setattr(settings, "SHARED_MEMORY", str(tmp_path / "missing"))

    missing = settings.heartbeat_folder()

    assert (present, missing) == ("/dev/shm", None)
