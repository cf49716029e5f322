"""Registration and login in JSON."""

from collections.abc import Callable
from typing import Any

from marshmallow import Schema, ValidationError, fields

from wallet_api.errors import InvalidInput
from wallet_api.users import emails, passwords
from wallet_api.web.fields import Currency, Identifier, Text
from wallet_api.web.schema import InputSchema

MAX_NAME_LENGTH = 100


class Ruled(fields.Field[str]):
    """A string in the form that a rule of `users` gives it, unless the rule refuses it."""

    default_error_messages = {"type": "Must be a string."}

    def __init__(self, rule: Callable[[str], str], **metadata: Any) -> None:
        super().__init__(required=True, metadata={"type": "string", **metadata})
        self.rule = rule

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise self.make_error("type")
        try:
            return self.rule(value)
        except InvalidInput as refused:
            raise ValidationError([detail for _, detail in refused.problems]) from None


def email_field() -> Ruled:
    return Ruled(emails.canonical, format="email", maxLength=emails.MAX_LENGTH)


class RegistrationRequest(InputSchema):
    first_name = Text(MAX_NAME_LENGTH, data_key="firstName", required=True)
    last_name = Text(MAX_NAME_LENGTH, data_key="lastName", required=True)
    email = email_field()
    password = Ruled(
        passwords.acceptable,
        format="password",
        minLength=passwords.MIN_LENGTH,
        maxLength=passwords.MAX_LENGTH,
    )
    currency = Currency(load_default=None)


class RegistrationResponse(Schema):
    message = fields.Constant("Registration successful")
    user_id = Identifier(data_key="userId", required=True)


class LoginRequest(InputSchema):
    email = email_field()
    # Any: a rule for new passwords would say here why an old one fails.
    password = Ruled(passwords.readable, format="password", maxLength=passwords.MAX_LENGTH)


class UserView(Schema):
    id = Identifier(required=True)
    first_name = fields.String(data_key="firstName", required=True)
    last_name = fields.String(data_key="lastName", required=True)
    email = fields.String(required=True)
    is_active = fields.Boolean(data_key="isActive", required=True)


class LoginResponse(Schema):
    token = fields.String(required=True)
    user = fields.Nested(UserView, required=True)
    expires_in = fields.Integer(
        data_key="expiresIn", required=True, metadata={"description": "Seconds."}
    )
