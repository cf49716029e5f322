"""Forgotten passwords, and the proof that an email is the user's: both by one-time codes."""

from functools import partial

from bson import ObjectId

from wallet_api import logs
from wallet_api.auth import codes, letters, sessions, throttle
from wallet_api.auth.codes import Purpose
from wallet_api.callers import Caller
from wallet_api.config import settings
from wallet_api.errors import InvalidCode, MailNotOffered, NotFound, Unauthenticated
from wallet_api.mail import outgoing
from wallet_api.mail.letter import Letter
from wallet_api.movements import wallets
from wallet_api.users import account
from wallet_api.users import service as users
from wallet_api.users.emails import canonical


def forgot_password(email: str, address: str) -> None:
    """Mail a code for a new password to the user with this email, if there is an active one.

    Whether there is one is looked up by the thread that mails: the answer, its time and its two
    round trips are the same for all emails.

    Raises MailNotOffered; TooManyTries; InvalidInput: not an email.
    """
    _check_mail()
    email = canonical(email)
    throttle.reserve_code(email, throttle.network_of(address))
    outgoing.send_later(partial(_reset_letter, email))


def reset_password(email: str, code: str, new_password: str, address: str) -> None:
    """Give the user another password for a code, and end all logins. A code that was mailed proves
    the email as well.

    Four round trips for a code that won't do, whatever the email and the reason; ten for a good
    one, and one more where it was mailed.

    Raises InvalidCode: it won't do, or nobody active has the email; TooManyTries; InvalidInput: not
    an email, or no password.
    """
    email = canonical(email)
    throttle.reserve_code_guess(email, throttle.network_of(address))
    user = users.active_with(email) or ObjectId()  # nobody's code is looked for too
    mailed = codes.use(user, Purpose.PASSWORD_RESET, code)
    try:
        wallets.open_missing_wallet(user)  # as whoever misses it does: it carries the epoch
        epoch = account.replace_password(user, new_password)
    except Unauthenticated:
        raise InvalidCode from None  # deactivated a moment ago
    sessions.forget(user, but_of=epoch)
    if mailed:
        wallets.prove_email(user)
    logs.event("password_reset", "A user has another password, by a code", userId=str(user))


def reset_code(email: str) -> str:
    """A code for a new password, for an operator to hand on. It proves no email: whoever brings it
    has it from the operator, and not from the mailbox. Two round trips.

    Raises NotFound: nobody active has this email; InvalidInput: not an email.
    """
    user = users.active_with(canonical(email))
    if user is None:
        raise NotFound("No such active user.")
    logs.event("reset_code_made", "An operator has made a code", userId=str(user))
    return codes.new_code(user, Purpose.PASSWORD_RESET, mailed=False)


def send_proof(email: str) -> None:
    """Mail a code that proves the email, where a proof is required. No round trip."""
    if settings().mail.proof_is_required:
        outgoing.send_later(partial(_proof_letter, canonical(email)))


def request_proof(caller: Caller, address: str) -> None:
    """Mail the caller a code that proves the email. Four round trips.

    Raises MailNotOffered; TooManyTries; Unauthenticated.
    """
    _check_mail()
    email = account.profile(wallets.read_wallet(caller)).email
    throttle.reserve_code(email, throttle.network_of(address))
    outgoing.send_later(partial(_proof_letter, email))


def prove_email(caller: Caller, code: str, address: str) -> None:
    """The caller's email is proved. Six round trips.

    Raises InvalidCode; TooManyTries; Unauthenticated.
    """
    email = account.profile(wallets.read_wallet(caller)).email
    throttle.reserve_code_guess(email, throttle.network_of(address))
    codes.use(caller.user, Purpose.EMAIL_PROOF, code)
    wallets.prove_email(caller.user)
    logs.event("email_proved", "A user has proved the email", userId=str(caller.user))


def prove(email: str) -> None:
    """The operator knows that the email is the user's. Four round trips.

    Raises NotFound: nobody active has this email; InvalidInput: not an email.
    """
    user = users.active_with(canonical(email))
    if user is None:
        raise NotFound("No such active user.")
    wallets.open_missing_wallet(user)
    wallets.prove_email(user)
    logs.event("email_proved", "An operator has proved an email", userId=str(user))


def _reset_letter(email: str) -> Letter | None:
    user = users.active_with(email)
    if user is None:
        return None
    code = codes.new_code(user, Purpose.PASSWORD_RESET, mailed=True)
    return letters.password_reset(email, code)


def _proof_letter(email: str) -> Letter | None:
    user = users.active_with(email)
    if user is None:
        return None
    return letters.email_proof(email, codes.new_code(user, Purpose.EMAIL_PROOF, mailed=True))


def _check_mail() -> None:
    if settings().mail.server is None:
        raise MailNotOffered
