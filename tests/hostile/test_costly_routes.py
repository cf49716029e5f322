"""Every route that hashes a password waits for its turn, so that a flood holds up nobody else."""

from flask import Flask

from wallet_api.openapi.document import documented
from wallet_api.server.costly import COSTLY


def takes_a_password(view: object) -> bool:
    schema = getattr(view, "takes", None)
    fields = schema.fields.values() if schema is not None else ()
    return any(field.metadata.get("format") == "password" for field in fields)


def test_what_takes_a_password_is_what_waits_for_its_turn(app: Flask) -> None:
    taking = {rule.rule for rule, view in documented(app) if takes_a_password(view)}

    assert taking == COSTLY
    assert len(taking) == 4
