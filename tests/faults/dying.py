"""A worker that dies (SIGKILL) at the n-th database call of a request that asks for it."""

import os
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from pymongo.collection import Collection

from tests.support.interleaving import OPERATIONS, around_operations, interposable

DYING_KEY = re.compile(r"die-(before|after)-(\d+)-")
"""An Idempotency-Key that asks for it, on whatever method; once, as the key is sent again."""


def dying_key(effect: str, n: int, name: str) -> str:
    return f"die-{effect}-{n}-{name}"


class _DeathAt:
    def __init__(self, n: int, *, after: bool, died: Path) -> None:
        self._n, self._after, self._died = n, after, died

    def __call__(self, operation: Callable[[], Any]) -> Any:
        self._n -= 1
        if self._n == 0:
            if self._after:
                operation()
            self._died.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return operation()


def install(app: Flask, folder: Path) -> None:
    """`folder` keeps the keys that have killed a worker, one empty file each."""
    for name in OPERATIONS:
        setattr(Collection, name, interposable(getattr(Collection, name)))
    serve = app.wsgi_app

    def served(environ: dict[str, Any], start_response: Any) -> Any:
        key = environ.get("HTTP_IDEMPOTENCY_KEY", "")
        asked, died = DYING_KEY.match(key), folder / key
        if asked is None or died.exists():
            return serve(environ, start_response)
        with around_operations(_DeathAt(int(asked[2]), after=asked[1] == "after", died=died)):
            return serve(environ, start_response)

    app.wsgi_app = served  # type: ignore[method-assign]
