"""Where money can be sent, as the user writes it: `bank:HDFC0001234:5012345678:Asha Rao`."""

import re
from dataclasses import dataclass
from enum import StrEnum

from stdnum import iban
from stdnum.exceptions import ValidationError

_IFSC = re.compile(r"[A-Z]{4}0[A-Z0-9]{6}")
_ACCOUNT = re.compile(r"[A-Za-z0-9]{5,35}")
_VPA = re.compile(r"[A-Za-z0-9._-]{2,64}@[A-Za-z][A-Za-z0-9.-]{1,63}")
_USER = re.compile(r"[0-9a-f]{24}")


class Kind(StrEnum):
    TEXT = "text"
    """Free text, of which only its reader knows what it means."""
    BANK = "bank"
    """`bank:<IFSC>:<account>:<name>`, in India."""
    UPI = "upi"
    """`upi:<virtual payment address>`, in India."""
    IBAN = "iban"
    """`iban:<IBAN>:<name>` (ISO 13616)."""
    WALLET = "wallet"
    """`wallet:<user id>`: another wallet of this service."""


WALLET = Kind.WALLET.value
"""The name of the gateway too that pays to such a destination: this very ledger."""

TO_A_WALLET = f"{WALLET}:"


@dataclass(frozen=True, slots=True)
class Destination:
    kind: Kind
    text: str
    """As the user wrote it."""
    account: str = ""
    """The account, the virtual payment address, the IBAN or the user."""
    name: str = ""
    """Of its holder."""
    ifsc: str = ""


class NoDestination(Exception):
    """The text breaks the grammar of its kind; the message says which rule."""


def kind_of(text: str) -> Kind:
    """By its prefix alone, whatever follows."""
    prefix, separator, _ = text.partition(":")
    known = prefix in (Kind.BANK, Kind.UPI, Kind.IBAN, Kind.WALLET)
    return Kind(prefix) if separator and known else Kind.TEXT


def parse(text: str) -> Destination:
    """Take a destination apart. Raises NoDestination."""
    kind = kind_of(text)
    rest = text.partition(":")[2]
    match kind:
        case Kind.BANK:
            return _bank(text, rest)
        case Kind.UPI:
            return Destination(kind, text, _whole(_VPA, rest, "upi:<name>@<bank>"))
        case Kind.IBAN:
            return _iban(text, rest)
        case Kind.WALLET:
            return Destination(kind, text, _whole(_USER, rest, "wallet:<user id>"))
        case Kind.TEXT:
            return Destination(kind, text)


def last_four(text: str) -> str:
    """What a log may tell of a destination: its last four characters, where it has more than 8."""
    return f"...{text[-4:]}" if len(text) > 8 else "..."


def _bank(text: str, rest: str) -> Destination:
    parts = rest.split(":", 2)
    if len(parts) != 3:
        raise NoDestination("Must be bank:<IFSC>:<account>:<name>.")
    ifsc, account, name = parts
    if not _IFSC.fullmatch(ifsc):
        raise NoDestination(
            "The IFSC must be four capital letters, a zero, and six capital letters or digits."
        )
    if not _ACCOUNT.fullmatch(account):
        raise NoDestination("The account must be 5 to 35 letters and digits.")
    return Destination(Kind.BANK, text, account, _name(name), ifsc)


def _iban(text: str, rest: str) -> Destination:
    number, separator, name = rest.partition(":")
    if not separator:
        raise NoDestination("Must be iban:<IBAN>:<name>.")
    try:
        account = iban.validate(number)
    except ValidationError:
        raise NoDestination("The IBAN is none: its length or its check digits are wrong.") from None
    return Destination(Kind.IBAN, text, account, _name(name))


def _name(name: str) -> str:
    if not name.strip():
        raise NoDestination("The name of the account's holder is missing.")
    return name.strip()


def _whole(pattern: re.Pattern[str], text: str, form: str) -> str:
    if not pattern.fullmatch(text):
        raise NoDestination(f"Must be {form}.")
    return text
