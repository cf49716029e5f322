"""How many round trips to MongoDB a request makes, counted for its line in the log.

PyMongo's listeners would count them too: 12 microseconds each by the commands, 5 by the connections
taken from the pool, where this takes 0.3. A cursor counts once, however many batches it fetches.
"""

import threading
from collections.abc import Callable
from functools import wraps
from typing import Any

from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.database import Database

Document = dict[str, Any]


class _Count(threading.local):
    value = 0


_count = _Count()


def begin() -> None:
    """Count from zero in this thread."""
    _count.value = 0


def go_on_from(trips: int) -> None:
    """Count on in this thread what another has begun to count."""
    _count.value = trips


def so_far() -> int:
    """Since `begin`, by this thread; another thread may send more for it, in a batch."""
    return _count.value


class CountingClient(MongoClient[Document]):
    """Whose databases and collections count the commands that they send."""

    def __getitem__(self, name: str) -> "CountingDatabase":
        return CountingDatabase(self, name)


class CountingDatabase(Database[Document]):
    def __getitem__(self, name: str) -> "CountingCollection":
        return CountingCollection(self, name)


class CountingCollection(Collection[Document]):
    def with_options(  # type: ignore[override]
        self, *options: Any, **named: Any
    ) -> "CountingCollection":
        """The same collection with other options, which counts as well."""
        other: Collection[Document] = super().with_options(*options, **named)
        return CountingCollection(
            self.database,
            self.name,
            codec_options=other.codec_options,
            read_preference=other.read_preference,
            write_concern=other.write_concern,
            read_concern=other.read_concern,
        )


def _counted(name: str) -> Callable[..., Any]:
    @wraps(getattr(Collection, name))
    def counted(self: CountingCollection, *arguments: Any, **named: Any) -> Any:
        _count.value += 1
        return getattr(Collection, name)(self, *arguments, **named)

    return counted


# Those that send one command each, without another of these. `find_one` is a `find`.
_SENDING = (
    *("find", "aggregate", "count_documents", "estimated_document_count", "distinct"),
    *("find_one_and_update", "find_one_and_replace", "find_one_and_delete"),
    *("update_one", "update_many", "replace_one", "delete_one", "delete_many"),
    *("insert_one", "insert_many", "bulk_write", "create_index", "index_information"),
)
for _name in _SENDING:
    setattr(CountingCollection, _name, _counted(_name))
