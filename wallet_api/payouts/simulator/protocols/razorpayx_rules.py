"""What RazorpayX demands of a composite payout, and refuses with 400 by its field's name."""

import re
from typing import Any

LAKH_IN_PAISE = 100_000 * 100
LEAST = 100
MODES = {
    "IMPS": (LEAST, 5 * LAKH_IN_PAISE),
    "UPI": (LEAST, LAKH_IN_PAISE),
    "NEFT": (LEAST, 2**53),
    "RTGS": (2 * LAKH_IN_PAISE, 2**53),
}
"""The least and the most that each pays, in paise."""

_KEY = re.compile(r"[A-Za-z0-9\-_ ]{4,36}")
_REFERENCE = re.compile(r"[!-~]{1,40}")
_NARRATION = re.compile(r"[A-Za-z0-9 ]{1,30}")
_IFSC = re.compile(r"[A-Z]{4}0[A-Z0-9]{6}")
_ACCOUNT = re.compile(r"[A-Za-z0-9]{5,35}")
_VPA = re.compile(r"[A-Za-z0-9._-]+@[A-Za-z0-9.-]+")


class Broken(Exception):
    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def checked(key: str, asked: dict[str, Any] | None, account_number: str) -> dict[str, Any]:
    """The body, if it keeps every rule. Raises Broken."""
    if not _KEY.fullmatch(key):
        raise Broken("X-Payout-Idempotency", "The idempotency key must be 4 to 36 characters.")
    if asked is None:
        raise Broken("body", "The request body is not a JSON object.")
    _check(asked.get("account_number") == account_number, "account_number")
    amount, mode = asked.get("amount"), asked.get("mode")
    _check(type(amount) is int, "amount")
    _check(isinstance(mode, str) and mode in MODES, "mode")
    least, most = MODES[asked["mode"]]
    _check(least <= asked["amount"] <= most, "amount")
    _check(asked.get("currency") == "INR", "currency")
    _check(asked.get("purpose") == "payout", "purpose")
    _check(isinstance(asked.get("queue_if_low_balance", False), bool), "queue_if_low_balance")
    _check(_fits(_REFERENCE, asked.get("reference_id")), "reference_id")
    narration = asked.get("narration", "none")
    _check(isinstance(narration, str) and bool(_NARRATION.fullmatch(narration)), "narration")
    _check_fund_account(asked.get("fund_account"), asked["mode"])
    return asked


def _check_fund_account(account: Any, mode: str) -> None:
    _check(isinstance(account, dict), "fund_account")
    contact = account.get("contact")
    _check(isinstance(contact, dict), "contact")
    _check(_is_text(contact.get("name"), 3, 50), "contact.name")
    _check(contact.get("type") == "customer", "contact.type")
    _check(_is_text(contact.get("reference_id", "-"), 1, 40), "contact.reference_id")
    match account.get("account_type"):
        case "bank_account":
            _check(mode != "UPI", "mode")
            bank = account.get("bank_account")
            _check(isinstance(bank, dict), "bank_account")
            _check(_is_text(bank.get("name"), 4, 120), "bank_account.name")
            _check(_fits(_IFSC, bank.get("ifsc")), "bank_account.ifsc")
            _check(_fits(_ACCOUNT, bank.get("account_number")), "bank_account.account_number")
        case "vpa":
            _check(mode == "UPI", "mode")
            vpa = account.get("vpa")
            _check(isinstance(vpa, dict) and _fits(_VPA, vpa.get("address")), "vpa.address")
        case _:
            _check(False, "fund_account.account_type")


def _check(holds: bool, field: str) -> None:
    if not holds:
        raise Broken(field, f"The {field} field is invalid.")


def _is_text(value: Any, least: int, most: int) -> bool:
    return isinstance(value, str) and least <= len(value) <= most


def _fits(pattern: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and bool(pattern.fullmatch(value))
