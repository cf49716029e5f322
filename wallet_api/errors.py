"""Everything the domain can refuse, as one tree with stable codes."""

from collections.abc import Mapping
from typing import Any, ClassVar


class Refusal(Exception):
    """A request that the domain declines. `code` is stable; `message` is for people."""

    code: ClassVar[str]
    message: ClassVar[str]

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail or self.message)
        self.detail = detail or self.message


class InvalidInput(Refusal):
    """Members that break a rule: (JSON pointer or name, what is wrong) of every one of them."""

    code = "validation_failed"
    message = "Validation failed"

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{where or 'body'}: {what}" for where, what in problems))
        self.problems = problems


class InvalidAmount(InvalidInput):
    def __init__(self, detail: str, member: str = "amount") -> None:
        super().__init__([(f"/{member}", detail)])


class UnknownCurrency(InvalidInput):
    def __init__(self) -> None:
        super().__init__([("/currency", "Not a supported ISO 4217 currency code.")])


class MalformedBody(Refusal):
    code = "malformed_json"
    message = "Malformed JSON"


class InvalidIdempotencyKey(Refusal):
    code = "invalid_idempotency_key"
    message = "Invalid Idempotency-Key header"


class InvalidOnBehalfOf(Refusal):
    code = "invalid_on_behalf_of"
    message = "Invalid On-Behalf-Of header"


class CurrencyMismatch(Refusal):
    code = "currency_mismatch"
    message = "Currency does not match the wallet"

    def __init__(self, wallet: str, asked: str) -> None:
        super().__init__(f"The wallet's currency is {wallet}, and the request names {asked}.")


class InsufficientFunds(Refusal):
    """The wallet held `balance` when `amount` was asked for: texts such as "70.25 INR".

    The detail is in the past tense, since a replay tells it again, of the balance at that time.
    """

    code = "insufficient_funds"
    message = "Insufficient balance or wallet not found"

    def __init__(self, balance: str, amount: str, *, replayed: bool = False) -> None:
        super().__init__(f"The balance was {balance}, and the request asked for {amount}.")
        self.replayed = replayed


class LimitExceeded(Refusal):
    """A limit on withdrawals forbids it: `told` says which, what was left, and when it renews.

    The detail is in the past tense, as that of InsufficientFunds.
    """

    code = "limit_exceeded"
    message = "The withdrawal exceeds a limit"

    def __init__(self, detail: str, told: Mapping[str, Any], *, replayed: bool = False) -> None:
        super().__init__(detail)
        self.told = told
        self.replayed = replayed


class WalletFrozen(Refusal):
    """By the operator: nothing goes in or out, and its user may look at it."""

    code = "wallet_frozen"
    message = "The wallet is frozen"


class BalanceLimitExceeded(Refusal):
    """A wallet holds `most`: texts such as "100.50 INR"."""

    code = "balance_limit_exceeded"
    message = "The deposit would push the balance past its maximum"

    def __init__(self, most: str, balance: str, amount: str) -> None:
        super().__init__(
            f"A wallet holds {most} at most. The balance is {balance}, and the request adds "
            f"{amount}."
        )


class InvalidCredentials(Refusal):
    code = "invalid_credentials"
    message = "Invalid credentials"


class InvalidCode(Refusal):
    """Alike for a wrong, a used, an expired code, and an email that nobody active has."""

    code = "invalid_code"
    message = "The code is wrong, used or expired"


class MailNotOffered(Refusal):
    code = "mail_not_offered"
    message = "This service sends no mail"


class EmailUnproved(Refusal):
    code = "email_unproved"
    message = "The email must be proved before money is withdrawn"


class Unauthenticated(Refusal):
    code = "unauthenticated"
    message = "Unauthorized"


class MissingScope(Refusal):
    code = "missing_scope"
    message = "The key of the back end lacks a scope"

    def __init__(self, scope: str) -> None:
        super().__init__(f"The key has not the scope `{scope}`, which this needs.")
        self.scope = scope


class UsersOnly(Refusal):
    code = "users_only"
    message = "No back end can do this for a user"


class BackEndOnly(Refusal):
    code = "back_end_only"
    message = "Only a back end can do this"


class UserUnavailable(Refusal):
    """The user for whom a back end asks is deactivated, or none."""

    code = "user_unavailable"
    message = "The user of On-Behalf-Of cannot act"


class InvalidSignature(Refusal):
    """A callback that its gateway has not signed."""

    code = "invalid_signature"
    message = "Invalid signature"


class NotFound(Refusal):
    code = "not_found"
    message = "Not found"


class EmailTaken(Refusal):
    code = "email_taken"
    message = "Email already registered"


class IllegalStatusChange(Refusal):
    code = "illegal_status_change"
    message = "The withdrawal's status does not allow this"


class IdempotencyKeyReused(Refusal):
    """The key belongs to the request that left `existing`, whose `differing` members differ."""

    code = "idempotency_key_reused"
    message = "Idempotency-Key was used with a different request"

    def __init__(self, existing: Any, differing: list[str]) -> None:
        super().__init__(f"{self.message}: {', '.join(differing)}")
        self.existing = existing
        self.differing = differing

    def calling(self, name: str, other: str) -> "IdempotencyKeyReused":
        """The same refusal, which calls one of the members as the request called it."""
        differing = [other if each == name else each for each in self.differing]
        return IdempotencyKeyReused(self.existing, differing)


class TooManyTries(Refusal):
    code = "too_many_tries"
    message = "Too many tries"

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__()
        self.retry_after_seconds = retry_after_seconds


class RateLimited(Refusal):
    code = "rate_limited"
    message = "Too many requests"

    def __init__(self, limit: int, retry_after_seconds: int) -> None:
        super().__init__(
            f"The limit of {limit} requests is used up. It begins anew in {retry_after_seconds} s."
        )
        self.retry_after_seconds = retry_after_seconds


class TooManyAtOnce(Refusal):
    code = "too_many_at_once"
    message = "Too many requests of this kind at once"
    retry_after_seconds = 1


class Busy(Refusal):
    """The request has not been begun with: it had no effect."""

    code = "busy"
    message = "Too busy to begin with this request"
    retry_after_seconds = 1


class Unavailable(Refusal):
    """Whether the request took effect is unknown. The same request with the same key tells it."""

    code = "unavailable"
    message = "Temporarily unavailable"
    retry_after_seconds = 1


class OutOfService(Refusal):
    """The database refuses this service, or a wallet's document is damaged: retrying does not help
    until a person has mended it.

    Nothing is known to have happened, as with Unavailable.
    """

    code = "out_of_service"
    message = "Out of service until its operator repairs it"
