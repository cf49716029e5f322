"""POST /auth/register and POST /auth/login."""

from typing import Any

from bson import ObjectId
from flask import Blueprint
from flask import request as http

from wallet_api.auth import service
from wallet_api.auth.schemas import (
    LoginRequest,
    LoginResponse,
    RegistrationRequest,
    RegistrationResponse,
)
from wallet_api.auth.service import Login
from wallet_api.errors import EmailTaken, InvalidCredentials, TooManyTries
from wallet_api.web.client_address import address_of
from wallet_api.web.endpoint import gives, refuses, takes

blueprint = Blueprint("auth", __name__, url_prefix="/auth")


@blueprint.post("/register")
@gives(RegistrationResponse, 201)
@takes(RegistrationRequest)
@refuses(EmailTaken, TooManyTries)
def register(request: dict[str, Any]) -> dict[str, ObjectId]:
    """Make a user with an empty wallet. The email must not be in use."""
    return {"user_id": service.register(request, address_of(http.environ))}


@blueprint.post("/login")
@gives(LoginResponse)
@takes(LoginRequest)
@refuses(InvalidCredentials, TooManyTries)
def log_in(request: dict[str, Any]) -> Login:
    """Get a bearer token for an email and a password. It is valid for `expiresIn` seconds."""
    return service.log_in(request["email"], request["password"], address_of(http.environ))
