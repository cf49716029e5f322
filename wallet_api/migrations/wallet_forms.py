"""Which code has written this wallet, and whether it is whole."""

from enum import Enum, auto
from typing import Any

from bson import ObjectId

from wallet_api.migrations.amounts import whole_cents
from wallet_api.money import DECIMALS
from wallet_api.movements.used_keys import bloom_filter


class Form(Enum):
    ORIGINAL = auto()
    """Of the Node original: a balance, and no movements."""
    LINGERING = auto()
    """Two generations, and in the outbox what the round before had copied."""
    EARLIER_FILTER = auto()
    """No filter of keys, or one of other sizes and hashes; no count of the sealed ones."""
    VOLUMES = auto()
    """The sealed filters are called volumes."""
    CURRENT = auto()
    """All members of this version, but for the version itself."""


OF_OURS = ("outbox", "sequence", "chain")

MEMBERS: dict[str, type] = {
    "outbox": list,
    "sequence": int,
    "chain": dict,
    "balanceCents": int,
    "active": bool,
}
OF_FORM: dict[Form, dict[str, type]] = {
    Form.ORIGINAL: {},
    Form.LINGERING: MEMBERS | {"generations": list, "copied": int},
    Form.EARLIER_FILTER: MEMBERS | {"generation": ObjectId},
    Form.VOLUMES: MEMBERS
    | {"generation": ObjectId, "volumes": int, "seenKeys": list, "seenCount": int},
    Form.CURRENT: MEMBERS
    | {"generation": ObjectId, "sealedFilters": int, "seenKeys": list, "seenCount": int},
}


def recognise(wallet: dict[str, Any]) -> Form:
    if not any(name in wallet for name in OF_OURS):
        return Form.ORIGINAL
    if "generations" in wallet:
        return Form.LINGERING
    if "volumes" in wallet:
        return Form.VOLUMES
    if "sealedFilters" in wallet and "migrating" not in wallet:
        return Form.CURRENT
    return Form.EARLIER_FILTER


def problem_of(wallet: dict[str, Any], form: Form) -> str | None:
    """What keeps it from being changed; None: nothing."""
    if not isinstance(wallet.get("user"), ObjectId):
        return f"its user is {wallet.get('user')!r}"
    if whole_cents(wallet.get("balanceCents")) is None:
        return f"its balanceCents is {wallet.get('balanceCents')!r}, no whole number from 0 on"
    currency = wallet.get("currency")
    if not isinstance(currency, str) or currency not in DECIMALS:
        return f"its currency is {currency!r}, which this service does not know"
    for name, kind in OF_FORM[form].items():
        value = wallet.get(name)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            return f"its {name} is {value!r}"
    if form is Form.ORIGINAL:
        return None
    chain = wallet["chain"]
    if not isinstance(chain.get("sequence"), int) or not isinstance(chain.get("head"), bytes):
        return f"its chain is {chain!r}"
    keeps_its_filter = form in (Form.VOLUMES, Form.CURRENT)
    layers = wallet.get("seenKeys") or bloom_filter.empty()  # of older code, without keys
    if keeps_its_filter and not bloom_filter.is_whole(layers, wallet["seenCount"]):
        return "its seenKeys are no filter of its seenCount keys"
    return None
