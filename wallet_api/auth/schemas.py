"""Registration, sessions and accounts in JSON."""

from collections.abc import Callable
from typing import Any

from marshmallow import ValidationError, fields

from wallet_api.auth import codes
from wallet_api.errors import InvalidInput
from wallet_api.users import emails, passwords
from wallet_api.web.amounts import Currency
from wallet_api.web.fields import Flag, Identifier, Text
from wallet_api.web.schema import InputSchema, OutputSchema

MAX_NAME_LENGTH = 100


class Ruled(fields.Field[str]):
    """A string in the form that a rule of `users` gives it, unless the rule refuses it."""

    default_error_messages = {"type": "Must be a string."}

    def __init__(
        self, rule: Callable[[str], str], data_key: str | None = None, **metadata: Any
    ) -> None:
        super().__init__(required=True, data_key=data_key, metadata={"type": "string", **metadata})
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


def old_password_field() -> Ruled:
    """Any: a rule for new passwords would say here why an old one fails."""
    return Ruled(passwords.as_sent, format="password", maxLength=passwords.MAX_LENGTH)


def new_password_field(data_key: str | None = None) -> Ruled:
    return Ruled(
        passwords.acceptable,
        data_key,
        format="password",
        minLength=passwords.MIN_LENGTH,
        maxLength=passwords.MAX_LENGTH,
    )


class RegistrationRequest(InputSchema):
    first_name = Text(MAX_NAME_LENGTH, data_key="firstName", required=True)
    last_name = Text(MAX_NAME_LENGTH, data_key="lastName", required=True)
    email = email_field()
    password = new_password_field()
    currency = Currency(load_default=None, allow_none=False)

    example = {
        "firstName": "Ada",
        "lastName": "Lovelace",
        "email": "ada@example.com",
        "password": "tidal-lantern-42-moss",
        "currency": "INR",
    }


class RegistrationResponse(OutputSchema):
    message = fields.Constant("Registration successful")
    user_id = Identifier(data_key="userId", required=True)

    example = {"message": "Registration successful", "userId": "67bc3e105d1e4a2b9c8d7e6e"}


class LoginRequest(InputSchema):
    email = email_field()
    password = old_password_field()

    example = {"email": "ada@example.com", "password": "tidal-lantern-42-moss"}


class UserView(OutputSchema):
    id = Identifier(required=True)
    first_name = fields.String(data_key="firstName", required=True)
    last_name = fields.String(data_key="lastName", required=True)
    email = fields.String(required=True)
    is_active = fields.Boolean(data_key="isActive", required=True)
    email_proved = fields.Boolean(
        data_key="emailProved",
        required=True,
        metadata={
            "description": "Whether a one-time code, or the operator, has proved that the email is "
            "this user's. Where the service requires it, only such a user withdraws."
        },
    )

    example = {
        "id": "67bc3e105d1e4a2b9c8d7e6e",
        "firstName": "Ada",
        "lastName": "Lovelace",
        "email": "ada@example.com",
        "isActive": True,
        "emailProved": True,
    }


class TokensResponse(OutputSchema):
    token = fields.String(required=True)
    refresh_token = fields.String(data_key="refreshToken", required=True)
    expires_in = fields.Integer(
        data_key="expiresIn", required=True, metadata={"minimum": 1, "description": "Seconds."}
    )

    example = {
        "token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI2N2JjM2UxMCJ9.c2lnbmF0dXJl",
        "refreshToken": "wr_eiWS5FXLz5J0mXk6bTyfkg2Kx0nLz7mJ3l5e7cH1vVqQeZ1w6mVb3GxS0kYt8PaR",
        "expiresIn": 3600,
    }


class LoginResponse(TokensResponse):
    user = fields.Nested(UserView, required=True)

    example = TokensResponse.example | {"user": UserView.example}


class RefreshRequest(InputSchema):
    # Whatever it says: what is no token of a session is refused as one that has ended.
    refresh_token = Ruled(str, data_key="refreshToken")

    example = {"refreshToken": TokensResponse.example["refreshToken"]}


class LogoutRequest(InputSchema):
    everywhere = Flag(load_default=False)

    example = {"everywhere": False}


class LogoutResponse(OutputSchema):
    message = fields.Constant("Logged out")

    example = {"message": "Logged out"}


class NamesRequest(InputSchema):
    first_name = Text(MAX_NAME_LENGTH, data_key="firstName")
    last_name = Text(MAX_NAME_LENGTH, data_key="lastName")

    example = {"firstName": "Augusta Ada", "lastName": "King"}


class PasswordRequest(InputSchema):
    password = old_password_field()
    new_password = new_password_field(data_key="newPassword")

    example = {"password": "tidal-lantern-42-moss", "newPassword": "copper-harbour-17-fern"}


def code_field() -> Text:
    return Text(codes.MAX_LENGTH, required=True)


class ForgottenPasswordRequest(InputSchema):
    email = email_field()

    example = {"email": "ada@example.com"}


class CodeSentResponse(OutputSchema):
    message = fields.Constant("A code is on its way, if there is somebody to send it to")

    example = {"message": "A code is on its way, if there is somebody to send it to"}


class PasswordResetRequest(InputSchema):
    email = email_field()
    code = code_field()
    new_password = new_password_field(data_key="newPassword")

    example = {
        "email": "ada@example.com",
        "code": "MZXW-6YTB-OJUW-U23N-NZ2G-K3DP",
        "newPassword": "copper-harbour-17-fern",
    }


class PasswordResetResponse(OutputSchema):
    message = fields.Constant("The password is changed")

    example = {"message": "The password is changed"}


class EmailProofRequest(InputSchema):
    code = code_field()

    example = {"code": "MZXW-6YTB-OJUW-U23N-NZ2G-K3DP"}


class EmailProofResponse(OutputSchema):
    message = fields.Constant("The email is proved")

    example = {"message": "The email is proved"}
