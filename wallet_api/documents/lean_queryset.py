"""MongoEngine's keywords for one update, each translated once and not with every call."""

from collections import namedtuple
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Self

from mongoengine import Q, QuerySet
from mongoengine.queryset.transform import COMPARISON_OPERATORS
from pymongo import ReturnDocument, UpdateOne

from wallet_api.documents.rows import Row as Shown
from wallet_api.documents.rows import row_reader, without_zones

DocumentClass = Any
"""A subclass of `Document`, for which MongoEngine brings no types."""

Row = Any
"""A named tuple of the members that were asked for."""


class LeanQuerySet(QuerySet):
    """`Wallet.objects(user=u, balance_cents__gte=9).modify(returning=("sequence",), ...)`.

    The words are MongoEngine's, and so is the command. Left out are copies of the queryset, the
    coercion of values (which would cut a float's decimals off, where mypy refuses the float), and
    a document made of the answer: 128 of 135 microseconds. Without `returning`, and in all else, it
    is MongoEngine's own queryset.

    A document opts in: `meta = {"queryset_class": LeanQuerySet}`.
    """

    _q: Q
    _keywords: Mapping[str, Any] = {}

    def __call__(self, q_obj: Q | None = None, **keywords: Any) -> Self:
        if q_obj is not None or self._keywords or self._q:
            return super().__call__(q_obj, **keywords)
        self._keywords = keywords  # `Document.objects` makes a fresh queryset each time
        return self

    @property
    def _query_obj(self) -> Q:
        """Where MongoEngine's methods find the conditions: translated once one of them asks."""
        if self._keywords:
            self._q, self._keywords = self._q & Q(**self._keywords), {}
        return self._q

    @_query_obj.setter
    def _query_obj(self, q_obj: Q) -> None:
        self._q = q_obj

    def modify(self, *, returning: tuple[str, ...] = (), **update: Any) -> Row | None:
        """Change one document; return its members that `returning` names, as they are afterwards.

        None: no document fits. A member that the document lacks is None in the row. One round trip.
        """
        if not returning:
            return super().modify(**update)
        projection, row_of = _row(self._document, returning)
        found = self._collection.find_one_and_update(
            self._conditions(),
            _change(self._document, update),
            projection=projection,
            return_document=ReturnDocument.AFTER,
        )
        return None if found is None else row_of(found)

    def rows(self, row: type[Shown], *, order_by: tuple[str, ...] = (), limit: int) -> list[Shown]:
        """The first `limit` documents that fit, read as documents.rows says. One round trip.

        21 withdrawals take 0.2 ms and not 1.5. (`list(self.order_by(*order_by).limit(limit))`
        switches it off: a document has the members of its row.)
        """
        members, row_of = row_reader(self._document, row)
        found = without_zones(self._collection).find(
            self._conditions(),
            members,
            sort=[_order(self._document, keyword) for keyword in order_by] or None,
            limit=limit,
            batch_size=limit,
        )
        return [row_of(each) for each in found]

    def update_command(self, **update: Any) -> UpdateOne:
        """The same update, for a bulk write. No round trip."""
        return UpdateOne(self._conditions(), _change(self._document, update))

    def _conditions(self) -> dict[str, Any]:
        """Raises TypeError: some conditions came otherwise than as the keywords of one call."""
        if self._q or not self._keywords:
            raise TypeError("A lean update takes all of its conditions as keywords of one call.")
        conditions: dict[str, Any] = {}
        for keyword, value in self._keywords.items():
            if keyword == "__raw__":
                conditions.update(value)
                continue
            path, operator = _condition(self._document, keyword)
            if operator is None:
                conditions[path] = value
            else:
                conditions.setdefault(path, {})[operator] = value
        return conditions


def row_of(document: DocumentClass, names: tuple[str, ...], found: Mapping[str, Any]) -> Row:
    """What `modify(returning=names)` would make of a document that was read otherwise."""
    return _row(document, names)[1](found)


def projection(document: DocumentClass, names: tuple[str, ...]) -> dict[str, int]:
    """Of a read whose result goes to `row_of`."""
    return _row(document, names)[0]


def _change(document: DocumentClass, update: Mapping[str, Any]) -> dict[str, Any]:
    change: dict[str, Any] = {}
    for keyword, value in update.items():
        if keyword == "__raw__":
            for operator, values in value.items():
                change.setdefault(operator, {}).update(values)
            continue
        operator, path = _operation(document, keyword)
        if operator == "$pushAll":
            operator, value = "$push", {"$each": value}
        change.setdefault(operator, {})[path] = value
    return change


@cache
def _condition(document: DocumentClass, keyword: str) -> tuple[str, str | None]:
    """`balance_cents__gte` -> `balanceCents`, `$gte`."""
    field, _, operator = keyword.rpartition("__")
    if field and operator in COMPARISON_OPERATORS:
        return _path(document, field), f"${operator}"
    return _path(document, keyword), None


@cache
def _order(document: DocumentClass, keyword: str) -> tuple[str, int]:
    """`-created_at` -> `createdAt`, -1."""
    return _path(document, keyword.removeprefix("-")), -1 if keyword.startswith("-") else 1


@cache
def _operation(document: DocumentClass, keyword: str) -> tuple[str, str]:
    """`inc__balance_cents` -> `$inc`, `balanceCents`."""
    operator, _, field = keyword.partition("__")
    return "$" + operator.replace("push_all", "pushAll"), _path(document, field)


@cache
def _row(
    document: DocumentClass, names: tuple[str, ...]
) -> tuple[dict[str, int], Callable[[Mapping[str, Any]], Row]]:
    paths = [_path(document, name) for name in names]
    row = namedtuple("Row", names)  # type: ignore[misc]
    steps = [(first, rest) for first, *rest in (path.split(".") for path in paths)]

    def row_of(found: Mapping[str, Any]) -> Row:
        values = []
        for first, rest in steps:
            value: Any = found.get(first)
            for name in rest:
                value = value.get(name) if isinstance(value, dict) else None
            values.append(value)
        return row._make(values)

    return {**dict.fromkeys(paths, 1), "_id": 0}, row_of


def _path(document: DocumentClass, field: str) -> str:
    """`chain__sequence` -> `chain.sequence`, by the names that MongoDB knows."""
    parts = document._lookup_field(field.split("__"))
    return ".".join(part if isinstance(part, str) else part.db_field for part in parts)
