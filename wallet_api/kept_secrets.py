"""The secrets of a development whose operator has set none."""

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from environs import EnvError

from wallet_api.signing_keys import MINIMUM_SECRET_BYTES


def kept_secret(data_dir: Path, name: str) -> str:
    """A random secret beside the data, so that what it signs outlives a restart.

    Raises EnvError: the folder cannot be used.
    """
    path = data_dir / name
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            # Written in full, then linked: of several processes the first one's stays, and none
            # reads an empty file. NamedTemporaryFile lets the owner alone read it.
            with tempfile.NamedTemporaryFile("w", dir=data_dir, prefix=f"{name}-") as draft:
                draft.write(secrets.token_hex(MINIMUM_SECRET_BYTES))
                draft.flush()
                with suppress(FileExistsError):
                    os.link(draft.name, path)
        return path.read_text()
    except OSError as error:
        raise EnvError(f"DATA_DIR={data_dir} cannot be used: {error}") from error
