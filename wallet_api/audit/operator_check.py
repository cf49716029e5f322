"""Whether the log of the operators' acts is what the commands have written."""

from collections.abc import Iterator
from typing import Any

from wallet_api import operator_log
from wallet_api.audit.differences import Findings
from wallet_api.errors import OutOfService
from wallet_api.ledger_signing import FIRST_SIGNED

Act = dict[str, Any]


def check_acts(acts: Iterator[Act], found: Findings) -> int:
    """Report what was changed, or is missing before the last act. Returns how many there are.

    That the last ones are missing, nothing in the database tells.
    """
    previous: Any = operator_log.START
    count = number = 0
    for act in acts:
        count += 1
        if act.get("number") != number + 1 or not _is_linked(act, previous):
            detail = (
                f"operator's act {number + 1} is missing, or is not before the one that follows"
            )
            found.add("operator_act_missing", detail, entry=act["_id"])
        if not _is_signed(act):
            detail = f"operator's act {act.get('number')} was changed: its signature does not fit"
            found.add("operator_act_changed", detail, entry=act["_id"])
        if isinstance(act.get("number"), int):
            number = act["number"]
        previous = act.get("mac")
    return count


def _is_linked(act: Act, previous: Any) -> bool:
    return bool(act.get("previous") == previous)


def _is_signed(act: Act) -> bool:
    try:
        version: int = act["digestVersion"]
        return version >= FIRST_SIGNED and bool(operator_log.mac_of(act) == act["mac"])
    except (KeyError, TypeError, ValueError, AttributeError, OutOfService):
        return False
