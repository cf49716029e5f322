"""Where the processes add up their counts: MongoDB or Redis, by the library `limits`."""

from collections.abc import Callable
from functools import partial

from limits.storage import MongoDBStorage, RedisStorage, Storage

from wallet_api.config import Settings
from wallet_api.documents.request_count import RequestCount
from wallet_api.mongo_uri import database_name
from wallet_api.rate_limit_settings import MONGODB

WITHIN_SECONDS = 1.0
"""How long the store may take for each step; requests do not wait for it."""


def opener(chosen: Settings) -> Callable[[], Storage]:
    """Opens the store, by connections of its own: one that hangs takes none of the others'.

    Its methods connect, and raise `limits.errors.StorageError` within some seconds.
    """
    if chosen.rate_limits.store == MONGODB:
        # The library's store connects where it is thrown away, if it has not before: nobody shall
        # have one that was never asked anything.
        return partial(_mongodb, chosen.mongo_uri or "")
    redis = _redis(chosen.rate_limits.store)
    return lambda: redis


def _mongodb(uri: str) -> Storage:
    milliseconds = int(WITHIN_SECONDS * 1000)
    collection = RequestCount._get_collection_name()
    return MongoDBStorage(
        uri,
        database_name=database_name(uri),
        counter_collection_name=collection,
        # Of counts of another kind, which are not made. By its default there would be a collection.
        window_collection_name=collection,
        wrap_exceptions=True,
        # Counts are gone after minutes anyway: no wait for the journal.
        w=1,
        journal=False,
        maxPoolSize=1,
        serverSelectionTimeoutMS=milliseconds,
        connectTimeoutMS=milliseconds,
        socketTimeoutMS=milliseconds,
    )


def _redis(uri: str) -> Storage:
    # Not above: the service without Redis does not need it.
    from redis import ConnectionPool
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    pool = ConnectionPool.from_url(
        uri,
        socket_timeout=WITHIN_SECONDS,
        socket_connect_timeout=WITHIN_SECONDS,
        # What is sent again may count twice.
        retry=Retry(NoBackoff(), 0),
    )
    return RedisStorage(
        uri, connection_pool=pool, key_prefix="wallet_api:requests", wrap_exceptions=True
    )
