"""A real MongoDB server, on this machine only, for a machine that has none."""

import atexit
import os

from wallet_api import config
from wallet_api.embedded_mongo.errors import EmbeddedMongoError
from wallet_api.embedded_mongo.folder import FolderInUse
from wallet_api.embedded_mongo.server import EmbeddedMongo

__all__ = ["EmbeddedMongo", "EmbeddedMongoError", "FolderInUse", "ensure", "stop"]

_server: EmbeddedMongo | None = None


def ensure(*, share: bool = True) -> None:
    """See to it that MONGO_URI is set, if need be to an embedded server that ends with us.

    share: where another process runs one over the same DATA_DIR, use that, as an operator's
    command does beside the running service. Called again, it replaces a server that died.

    Raises EmbeddedMongoError, FolderInUse (only without `share`), config.InvalidSettings.
    """
    global _server
    if config.settings().mongo_uri is not None and (_server is None or not _server.has_died()):
        return
    server = EmbeddedMongo(config.settings().data_dir / "mongo")
    try:
        server.start()
    except FolderInUse as other:
        if not share:
            raise
        uri = other.uri
    else:
        atexit.register(server.stop)
        _server = server
        uri = server.uri
    os.environ["MONGO_URI"] = uri
    config.reread()


def stop() -> None:
    """End the server that `ensure` started in this process, if it did."""
    if _server is not None:
        _server.stop()
