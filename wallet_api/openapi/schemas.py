"""How a marshmallow schema reads in OpenAPI 3.1, where apispec alone would not be exact."""

from inspect import cleandoc
from typing import Any, cast

from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from marshmallow import Schema, fields

from wallet_api.web.schema import InputSchema


class _Converter(OpenAPIConverter):
    def init_attribute_functions(self) -> None:
        super().init_attribute_functions()  # type: ignore[no-untyped-call]
        self.attribute_functions += [_constant, _null_in_enum, _no_null_default]

    def schema2jsonschema(self, schema: Schema) -> dict[str, Any]:
        """Closed for what comes in, open for what goes out: members may be added to answers."""
        shape: dict[str, Any] = super().schema2jsonschema(schema)  # type: ignore[no-untyped-call]
        if not isinstance(schema, InputSchema):
            shape.pop("additionalProperties", None)
            always = {name for name, each in shape["properties"].items() if "const" in each}
            shape["required"] = sorted(always.union(shape.get("required", [])))
        else:
            shape |= _exactly_one_of(schema.exactly_one_of)
        if docstring := type(schema).__dict__.get("__doc__"):
            shape["description"] = cleandoc(docstring)
        if (example := example_of(schema)) is not None:
            shape["examples"] = [example]
        return shape


class SchemaPlugin(MarshmallowPlugin):
    Converter = _Converter

    def query_parameters(self, schema: Schema) -> list[dict[str, Any]]:
        """A query string knows no null: what may be left out is left out.

        Only a required parameter shows its example, since a page fills in what has one.
        """
        converter = cast(OpenAPIConverter, self.converter)
        parameters: list[dict[str, Any]] = converter.schema2parameters(schema, location="query")
        examples = example_of(schema) or {}
        for parameter in parameters:
            shape = parameter["schema"]
            if isinstance(shape.get("type"), list):
                shape["type"] = shape["type"][0]
            if "enum" in shape:
                shape["enum"] = [choice for choice in shape["enum"] if choice is not None]
            if parameter["required"] and parameter["name"] in examples:
                parameter["example"] = examples[parameter["name"]]
        return parameters


def example_of(schema: Schema) -> dict[str, Any] | None:
    """The example that the schema's class carries, in JSON."""
    return getattr(schema, "example", None)


def _constant(field: fields.Field[Any], ret: dict[str, Any]) -> dict[str, Any]:
    if isinstance(field, fields.Constant):
        ret.pop("default", None)
        return {"type": "string", "const": field.constant}
    return {}


def _null_in_enum(field: fields.Field[Any], ret: dict[str, Any]) -> dict[str, Any]:
    if field.allow_none and None not in ret.get("enum", [None]):
        return {"enum": [*ret["enum"], None]}
    return {}


def _no_null_default(field: fields.Field[Any], ret: dict[str, Any]) -> dict[str, Any]:
    """A member with the default None may be left out; a null in its place would be refused."""
    if ret.get("default", ...) is None:
        del ret["default"]
    return {}


def _exactly_one_of(members: tuple[str, ...]) -> dict[str, Any]:
    """Said in words that generators skip.

    Beside `oneOf`, openapi-python-client forgets the properties, and others make a class of each
    choice: here both members are optional in what is generated, and validators see the rule.
    """
    if not members:
        return {}
    one, other = members
    return {
        "if": _has(one),
        "then": {"not": _has(other)},
        "else": _has(other),
    }


def _has(member: str) -> dict[str, Any]:
    """Linters want every required member defined, and where it is required."""
    return {"required": [member], "properties": {member: True}}
