"""A fault in `.env` is told in one line that names the file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.starting import WAYS_IN, started_in
from wallet_api import config
from wallet_api.config import InvalidSettings


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("PORT", "HOST", "THREADS", "JWT_ISSUER", "MONGO_URI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    yield
    config.settings.cache_clear()


FAULTY_FILES = {
    "UTF-16": ("PORT=3001\n".encode("utf-16"), r"UTF-16"),
    "UTF-16 without a mark": ("PORT=3001\n".encode("utf-16-le"), r"UTF-16"),
    "Latin-1": (b"PORT=3001\nJWT_ISSUER=caf\xe9\n", r"line 2.*UTF-8"),
    "no assignment": (b"PORT=3001\n\n\nsekret\n", r"line 4.*NAME=value"),
    "a value without a name": (b"# mine\n=sekret\n", r"line 2.*NAME=value"),
    "an open quote": (b'PORT=3001\nJWT_ISSUER="sekret\n', r"line 2.*NAME=value"),
}


@pytest.mark.parametrize("kind", FAULTY_FILES)
def test_an_env_file_that_cannot_be_read_is_named_with_its_fault(tmp_path: Path, kind: str) -> None:
    content, fault = FAULTY_FILES[kind]
    (tmp_path / ".env").write_bytes(content)

    with pytest.raises(InvalidSettings, match=f"{tmp_path}/.env.*{fault}") as no:
        config.reread()

    assert "sekret" not in str(no.value)


def test_an_env_file_that_is_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").mkdir()

    with pytest.raises(InvalidSettings, match=f"{tmp_path}/.env .*[Ii]s a directory"):
        config.reread()


def test_an_env_file_that_the_system_does_not_open_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").symlink_to(".env")

    with pytest.raises(InvalidSettings, match=f"{tmp_path}/.env cannot be read"):
        config.reread()


@pytest.mark.parametrize("way", WAYS_IN)
def test_a_faulty_env_file_is_told_in_one_line(tmp_path: Path, way: str) -> None:
    (tmp_path / ".env").write_bytes("PORT=3001\n".encode("utf-16"))

    ended = started_in(tmp_path, way)

    assert ended.returncode == (1 if way == "gunicorn" else 2)
    assert ended.stderr.startswith(f"wallet_api: {tmp_path / '.env'} is UTF-16")
    assert len(ended.stderr.splitlines()) == 1


def test_an_env_file_may_have_a_byte_order_mark_and_all_that_shells_know(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        "PORT=3001\r\n\n# a comment\nexport THREADS=4\nJWT_ISSUER='of\nmine'\n"
        'HOST="::1" # here\n',
        "utf-8-sig",
    )

    chosen = config.reread()

    assert (chosen.port, chosen.threads, chosen.host) == (3001, 4, "::1")
    assert chosen.jwt_issuer == "of\nmine"
