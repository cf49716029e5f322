"""Lists and statements that do not say what is stored."""

from datetime import timedelta, timezone
from typing import Any

from tests.mutants.kinds import Patch
from wallet_api.documents import lean_queryset
from wallet_api.ledger import statement, transactions
from wallet_api.web import compiled_dump
from wallet_api.web.schema import InputSchema


def times_where_the_host_is(patch: Patch) -> None:
    """What MongoDB holds in UTC is read in the zone of India."""
    india = {"tz_aware": True, "tzinfo": timezone(timedelta(hours=5, minutes=30))}

    def mutant(collection: Any) -> Any:
        return collection.with_options(collection.codec_options.with_options(**india))

    patch(lean_queryset, "without_zones", mutant)


def keys_with_their_scope(patch: Patch) -> None:
    """A key is shown as the ledger holds it."""
    patch(transactions, "without_scope", lambda key: key)


def no_record_is_asked(patch: Patch) -> None:
    """Each entry is taken for one that says where its money went."""
    patch(transactions, "says_itself", lambda entry: True)


def a_statement_ends_with_its_first_batch(patch: Patch) -> None:
    """A full batch is taken for the whole ledger."""
    patch(statement, "is_all", lambda begun: True)


def what_has_no_value_is_null(patch: Patch) -> None:
    """No schema is taken for one that leaves such members out."""
    patch(compiled_dump, "SparseSchema", InputSchema)


def text_as_it_is(patch: Patch) -> None:
    """Nothing in a text is escaped."""
    patch(compiled_dump, "encode_basestring", '"{}"'.format)
