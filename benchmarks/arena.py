"""Where a benchmark happens: a throwaway MongoDB, and the settings of everything that uses it."""

import os
import secrets
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.database import Database

from wallet_api.embedded_mongo import EmbeddedMongo
from wallet_api.embedded_mongo.server import DATABASE


@dataclass(frozen=True, slots=True)
class Arena:
    folder: Path
    mongod: int
    """The process id."""
    uri: str
    environment: dict[str, str]
    client: MongoClient[dict[str, Any]]

    @property
    def database(self) -> Database[dict[str, Any]]:
        return self.client[DATABASE]

    def round_trips(self) -> int:
        """Commands that the server has been sent, from everybody."""
        status = self.client.admin.command("serverStatus")
        return int(status["network"]["numRequests"])

    def settings_of(self, database: str) -> dict[str, str]:
        """The environment of a process that uses this database."""
        return self.environment | {"MONGO_URI": self.uri.replace(f"/{DATABASE}", f"/{database}")}


@contextmanager
def arena() -> Iterator[Arena]:
    """It ends, and leaves nothing behind, however the benchmark ends."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with (
        tempfile.TemporaryDirectory(prefix="wallet-api-bench-", dir="/var/tmp") as name,
        EmbeddedMongo(Path(name, "mongo")) as mongo,
    ):
        folder = Path(name)
        environment = {
            "APP_ENV": "development",
            "MONGO_URI": mongo.uri,
            "DATA_DIR": str(folder),
            "JWT_SECRET_KEY": secrets.token_hex(32),
            "LEDGER_SECRET": secrets.token_hex(32),
            # A run is longer than a token's life may be set to.
            "ACCESS_TOKEN_SECONDS": "86400",
        }
        # For what this process takes from the service itself, such as its settings.
        os.environ.update(environment)
        client: MongoClient[dict[str, Any]] = MongoClient(mongo.uri, tz_aware=True)
        with client:
            yield Arena(folder, mongo.pid, mongo.uri, environment, client)
