"""A real MongoDB server, on this machine only, for a machine that has none."""

import atexit
import os

from wallet_api import config
from wallet_api.embedded_mongo.errors import EmbeddedMongoError
from wallet_api.embedded_mongo.folder import FolderInUse
from wallet_api.embedded_mongo.server import EmbeddedMongo
from wallet_api.embedded_mongo.watched import WatchedMongo

__all__ = ["EmbeddedMongo", "EmbeddedMongoError", "FolderInUse", "ensure", "serve", "stop"]

_served: WatchedMongo | None = None


def ensure() -> None:
    """See to it that MONGO_URI is set, if need be to an embedded server that ends with us.

    Where another process runs one over the same DATA_DIR, that is used, as an operator's command
    does beside the running service.

    Raises EmbeddedMongoError, config.InvalidSettings.
    """
    if config.settings().mongo_uri is not None:
        return
    server = EmbeddedMongo(config.settings().data_dir / "mongo")
    try:
        server.start()
    except FolderInUse as other:
        _use(other.uri)
    else:
        atexit.register(server.stop)
        _use(server.uri)


def serve() -> None:
    """See to it that MONGO_URI is set, if need be to an embedded server that is kept running.

    Called again, it does nothing, unless the process that watches the server has died.

    Raises EmbeddedMongoError, config.InvalidSettings.
    """
    global _served
    if config.settings().mongo_uri is not None and (_served is None or not _served.has_died()):
        return
    _served = WatchedMongo(config.settings().data_dir / "mongo")
    _use(_served.start())


def stop() -> None:
    """End the server that `serve` started in this process, if it did."""
    if _served is not None:
        _served.stop()


def _use(uri: str) -> None:
    os.environ["MONGO_URI"] = uri
    config.reread()
