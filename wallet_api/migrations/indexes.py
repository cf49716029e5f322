"""Indexes of older code and of the original, replaced by ours."""

from typing import Any

from pymongo.errors import OperationFailure

from wallet_api import database, documents
from wallet_api.migrations.report import Report

REPLACED = "indexes replaced"

OPTIONS = ("unique", "sparse", "partialFilterExpression", "expireAfterSeconds", "collation")


def replace_indexes(report: Report) -> None:
    """Drop what refuses our documents or stands where ours belongs, and build ours.

    That is each index on the members of one of ours, but with other options (the original's was
    sparse: it holds (user, null) too, and refuses a second withdrawal without a key), and each
    unique one that is not ours. Others stay. One round trip for each collection and each index.
    """
    for document in documents.ALL:
        collection = document._get_collection()
        for name in _foreign(document):
            report.done[REPLACED] += 1
            if not report.dry_run:
                collection.drop_index(name)
    if report.dry_run:
        return
    try:
        database.ensure_indexes()
    except OperationFailure as error:
        report.leave(f"an index cannot be built: {error!s:.300}")


def _foreign(document: Any) -> list[str]:
    ours = {tuple(spec["fields"]): spec for spec in document._meta["index_specs"]}
    foreign = []
    for name, index in document._get_collection().index_information().items():
        spec = ours.get(tuple((field, int(order)) for field, order in _plain(index["key"])))
        if name == "_id_" or (spec is None and not index.get("unique")):
            continue
        if spec is None or _options(index) != _options(spec):
            foreign.append(name)
    return foreign


def _plain(key: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Of hashed, text and other special indexes, which are never ours: an order that is none."""
    return [(field, order if isinstance(order, int | float) else 0) for field, order in key]


def _options(index: dict[str, Any]) -> dict[str, Any]:
    return {name: index[name] for name in OPTIONS if index.get(name) not in (None, False)}
