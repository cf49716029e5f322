"""What the compiled dump writes of every answer is marshmallow's own dump of it, byte for byte."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from bson import ObjectId
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import Schema, fields

from wallet_api import app
from wallet_api.documents.kinds import WithdrawalStatus
from wallet_api.web.compiled_dump import compiled, json_writer
from wallet_api.web.fields import Identifier, Instant
from wallet_api.web.schema import OutputSchema, SparseSchema

assert app  # imports every feature, and so every schema

MEMBERS: dict[type[fields.Field], st.SearchStrategy] = {
    Identifier: st.binary(min_size=12, max_size=12).map(ObjectId),
    Instant: st.datetimes(min_value=datetime(1, 1, 2), timezones=st.just(UTC)),
    fields.String: st.text() | st.sampled_from(WithdrawalStatus) | st.just(b"bytes"),
    fields.Integer: st.integers() | st.floats(-9e9, 9e9) | st.booleans() | st.just("12"),
    fields.Boolean: st.booleans() | st.sampled_from(["yes", "off", 1, 0, "neither"]),
    fields.Constant: st.text(),
}
"""Values of each kind of field, those that older code or a person may have written included."""


def output_schemas(base: type[Schema] = OutputSchema) -> Iterator[type[Schema]]:
    for schema in base.__subclasses__():
        if schema.__module__.startswith("wallet_api") and schema is not SparseSchema:
            yield schema
        yield from output_schemas(schema)


OF_THE_SERVICE = sorted(set(output_schemas()), key=lambda schema: schema.__name__)

every_answer = pytest.mark.parametrize("schema", [each() for each in OF_THE_SERVICE], ids=repr)
every_example = pytest.mark.parametrize(
    "schema", [each() for each in OF_THE_SERVICE if hasattr(each, "example")], ids=repr
)


def sources(schema: Schema) -> st.SearchStrategy:
    """What `schema` may be asked to dump: dictionaries and objects, whole and with gaps."""
    members = {
        field.attribute or name: st.none() | values(field)
        for name, field in schema.dump_fields.items()
    }
    found = st.fixed_dictionaries({}, optional=members) | st.fixed_dictionaries(members)
    return found | found.map(lambda members: SimpleNamespace(**members))


def values(field: fields.Field) -> st.SearchStrategy:
    if isinstance(field, fields.Nested):
        return sources(field.schema)
    if isinstance(field, fields.List):
        return st.lists(st.none() | values(field.inner), max_size=3)
    return next(made for kind, made in MEMBERS.items() if isinstance(field, kind))


@every_answer
@pytest.mark.slow
@pytest.mark.parametrize("in_ascii", [True, False])
@given(data=st.data())
def test_it_writes_what_marshmallow_writes(
    schema: Schema, in_ascii: bool, data: st.DataObject
) -> None:
    source = data.draw(sources(schema))

    written = compiled(schema, in_ascii=in_ascii)(source)

    dumped = schema.dump(source)
    assert written == json.dumps(dumped, separators=(",", ":"), ensure_ascii=in_ascii)


@every_example
def test_it_writes_the_example(schema: OutputSchema) -> None:
    source = schema.load(schema.example)

    written = compiled(schema)(source)

    assert json.loads(written) == schema.example


@every_answer
def test_no_answer_is_left_to_marshmallow(schema: Schema) -> None:
    assert compiled(schema) is not None


def test_no_name_of_a_schema_is_taken_for_code() -> None:
    name = "a\"b'c\\d\n{value}"
    schema = Schema.from_dict(
        {
            "e": fields.String(data_key=name, attribute=name),
            "f": fields.Constant(name),
        }
    )()

    written = compiled(schema)({name: "g"})

    assert json.loads(written) == {name: "g", "f": name}


@pytest.mark.parametrize(
    "field",
    [
        fields.Float(),
        fields.Integer(as_string=True),
        fields.String(dump_default="none"),
        fields.String(attribute="wallet.currency"),
        fields.Pluck(Schema.from_dict({"currency": fields.String()}), "currency"),
        fields.List(fields.Decimal(as_string=True)),
    ],
    ids=lambda field: type(field).__name__,
)
def test_a_schema_with_a_field_of_another_kind_is_left_to_marshmallow(field: fields.Field) -> None:
    schema = Schema.from_dict({"known": fields.String(), "other": field})()

    assert compiled(schema) is None
    assert json.loads(json_writer(schema)({"known": "x"})) == schema.dump({"known": "x"})
