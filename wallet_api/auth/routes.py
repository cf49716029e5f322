"""POST /auth/register, login, refresh, logout and password; GET and PATCH /auth/me; codes."""

from typing import Any

from bson import ObjectId
from flask import Blueprint, g
from flask import request as http

from wallet_api.auth import recovery, service
from wallet_api.auth.guard import login_required, user_or_back_end
from wallet_api.auth.request_limits import limited_by_address
from wallet_api.auth.schemas import (
    CodeSentResponse,
    EmailProofRequest,
    EmailProofResponse,
    ForgottenPasswordRequest,
    LoginRequest,
    LoginResponse,
    LogoutRequest,
    LogoutResponse,
    NamesRequest,
    PasswordRequest,
    PasswordResetRequest,
    PasswordResetResponse,
    RefreshRequest,
    RegistrationRequest,
    RegistrationResponse,
    TokensResponse,
    UserView,
)
from wallet_api.auth.service import Login, Tokens
from wallet_api.backend_keys.scopes import Scope
from wallet_api.errors import (
    EmailTaken,
    InvalidCode,
    InvalidCredentials,
    MailNotOffered,
    TooManyTries,
    Unauthenticated,
)
from wallet_api.users.service import Profile
from wallet_api.web.client_address import address_of
from wallet_api.web.endpoint import gives, refuses, takes

blueprint = Blueprint("auth", __name__, url_prefix="/auth")


@blueprint.post("/register")
@limited_by_address
@gives(RegistrationResponse, 201)
@takes(RegistrationRequest)
@refuses(EmailTaken, TooManyTries)
def register(request: dict[str, Any]) -> dict[str, ObjectId]:
    """Make a user with an empty wallet. The email must not be in use."""
    return {"user_id": service.register(request, address_of(http.environ))}


@blueprint.post("/login")
@limited_by_address
@gives(LoginResponse)
@takes(LoginRequest)
@refuses(InvalidCredentials, TooManyTries)
def log_in(request: dict[str, Any]) -> Login:
    """Get a bearer token for an email and a password. It is valid for `expiresIn` seconds; the
    refresh token gets the next one, once.
    """
    return service.log_in(request["email"], request["password"], address_of(http.environ))


@blueprint.post("/refresh")
@limited_by_address
@gives(TokensResponse)
@takes(RefreshRequest)
@refuses(Unauthenticated)
def refresh(request: dict[str, Any]) -> Tokens:
    """Get the next tokens of a session for its refresh token. Each counts once: the answer has the
    next one. The same request again within 10 seconds gets it again; later, the session ends.
    """
    return service.refresh(request["refresh_token"])


@blueprint.get("/me")
@user_or_back_end(Scope.USERS)
@gives(UserView)
def show_me() -> Profile:
    """Show who is calling. The email is the one to log in with."""
    return service.profile(g.caller)


@blueprint.patch("/me")
@user_or_back_end(Scope.USERS)
@gives(UserView)
@takes(NamesRequest)
def rename_me(request: dict[str, Any]) -> Profile:
    """Change the caller's first or last name. Members that are left out stay as they are."""
    return service.rename(g.caller, request)


@blueprint.post("/password")
@login_required
@gives(TokensResponse)
@takes(PasswordRequest)
@refuses(InvalidCredentials, TooManyTries)
def change_password(request: dict[str, Any]) -> Tokens:
    """Change the caller's password. All tokens of before stop working, and the answer has new ones.
    A wrong `password` counts as a login that failed.
    """
    return service.change_password(
        g.caller, request["password"], request["new_password"], address_of(http.environ)
    )


@blueprint.post("/logout")
@login_required
@gives(LogoutResponse)
@takes(LogoutRequest)
def log_out(request: dict[str, Any]) -> dict[str, Any]:
    """End this session, or all of the user's. This session's refresh token stops working, and its
    bearer token expires as it would have; `everywhere` stops all tokens at once.
    """
    service.log_out(g.caller, everywhere=request["everywhere"])
    return {}


@blueprint.post("/password/forgot")
@limited_by_address
@gives(CodeSentResponse, 202)
@takes(ForgottenPasswordRequest)
@refuses(MailNotOffered, TooManyTries)
def forget_password(request: dict[str, Any]) -> dict[str, Any]:
    """Have a one-time code for a new password mailed. The answer is the same whether somebody has
    the email or not.
    """
    recovery.forgot_password(request["email"], address_of(http.environ))
    return {}


@blueprint.post("/password/reset")
@limited_by_address
@gives(PasswordResetResponse)
@takes(PasswordResetRequest)
@refuses(InvalidCode, TooManyTries)
def reset_password(request: dict[str, Any]) -> dict[str, Any]:
    """Set another password with a one-time code. Every token of before stops working, so the user
    logs in anew.
    """
    recovery.reset_password(
        request["email"], request["code"], request["new_password"], address_of(http.environ)
    )
    return {}


@blueprint.post("/email/proof/request")
@user_or_back_end(Scope.USERS)
@gives(CodeSentResponse, 202)
@refuses(MailNotOffered, TooManyTries)
def request_proof() -> dict[str, Any]:
    """Have a one-time code mailed that proves the caller's email. An older code is void."""
    recovery.request_proof(g.caller, address_of(http.environ))
    return {}


@blueprint.post("/email/proof")
@user_or_back_end(Scope.USERS)
@gives(EmailProofResponse)
@takes(EmailProofRequest)
@refuses(InvalidCode, TooManyTries)
def prove_email(request: dict[str, Any]) -> dict[str, Any]:
    """Prove the caller's email with the code that was mailed to it. The code counts once."""
    recovery.prove_email(g.caller, request["code"], address_of(http.environ))
    return {}
