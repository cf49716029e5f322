"""What RazorpayX can pay, and how it is asked to."""

import re
from typing import Any

from wallet_api.payouts.destinations import Destination, Kind, NoDestination, parse
from wallet_api.payouts.gateway import CannotPay, Payout

LEAST = 100
LAKH = 100_000 * 100
MOST_BY_UPI = LAKH
MOST_BY_IMPS = 5 * LAKH
"""Paise. A larger amount goes to a bank account by RTGS, which takes 2 lakh and more."""

_NAME = re.compile(r"[A-Za-z0-9 '\-_/().,&]{4,120}")
_NOT_IN_A_CONTACT = re.compile(r"[^A-Za-z0-9 '\-_/().,]")


def check(amount_cents: int, currency: str, destination: str) -> None:
    """Raises CannotPay."""
    if currency != "INR":
        raise CannotPay("RazorpayX pays INR only.", "currency")
    if amount_cents < LEAST:
        raise CannotPay("RazorpayX pays 1 rupee at least.", "amount")
    try:
        parsed = parse(destination)
    except NoDestination as error:
        raise CannotPay(str(error)) from None
    match parsed.kind:
        case Kind.UPI:
            if amount_cents > MOST_BY_UPI:
                raise CannotPay("RazorpayX pays 1 lakh rupees at most to a UPI address.", "amount")
        case Kind.BANK:
            if not _NAME.fullmatch(parsed.name):
                raise CannotPay(
                    "RazorpayX needs a name of 4 to 120 letters (A-Z), digits, spaces and "
                    "'-_/().,& of the account's holder."
                )
        case _:
            raise CannotPay(
                "RazorpayX pays to bank:<IFSC>:<account>:<name> and upi:<name>@<bank> only."
            )


def body_of(payout: Payout, account_number: str) -> dict[str, Any]:
    """Always the same for the same payout: another body with the same key is refused.

    Of a payout that `check` has let through.
    """
    destination = parse(payout.destination)
    return {
        "account_number": account_number,
        "amount": payout.amount_cents,
        "currency": payout.currency,
        "mode": _mode(destination.kind, payout.amount_cents),
        "purpose": "payout",
        "queue_if_low_balance": True,
        "reference_id": payout.reference,
        # On the recipient's statement: 30 letters, digits and spaces.
        "narration": f"Withdrawal {payout.reference[-16:]}",
        "fund_account": {
            **_account(destination),
            "contact": {
                "name": _contact_name(destination.name),
                "type": "customer",
                "reference_id": payout.reference,
            },
        },
    }


def _mode(kind: Kind, amount_cents: int) -> str:
    if kind is Kind.UPI:
        return "UPI"
    return "IMPS" if amount_cents <= MOST_BY_IMPS else "RTGS"


def _account(destination: Destination) -> dict[str, Any]:
    if destination.kind is Kind.UPI:
        return {"account_type": "vpa", "vpa": {"address": destination.account}}
    return {
        "account_type": "bank_account",
        "bank_account": {
            "name": destination.name,
            "ifsc": destination.ifsc,
            "account_number": destination.account,
        },
    }


def _contact_name(name: str) -> str:
    """3 to 50 characters, the last one a letter, a digit or a full stop."""
    allowed = _NOT_IN_A_CONTACT.sub(" ", name)[:50].rstrip(" '-_/(),")
    return allowed if len(allowed) >= 3 else "Customer"
