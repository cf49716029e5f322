"""Whether every wallet has its user, every user a wallet, and both say the same of its activity."""

from datetime import timedelta
from typing import Any

from wallet_api import clock
from wallet_api.audit.differences import Findings
from wallet_api.audit.wallet_as_read import WalletAsRead

USER_MEMBERS = {"isActive": 1, "activeChanges": 1, "movedInAt": 1}

GRACE = timedelta(minutes=1)
"""A registration writes the user first, and then the wallet: so long it may take."""

User = dict[str, Any]


def check_owner(wallet: WalletAsRead, user: User | None, found: Findings) -> None:
    """Compare the wallet with its user, who was read after it."""
    if user is None:
        detail = "there is no such user: a user is erased, never deleted"
        found.add("user_missing", detail, amount_cents=wallet.balance_cents)
        return
    mine = (wallet.active, wallet.active_changes)
    theirs = (user.get("isActive", True), user.get("activeChanges"))
    if mine != theirs:
        detail = (
            f"the wallet is {_told(*mine)}, its user is {_told(*theirs)}: changed by hand, or a "
            "command that died halfway and is to be repeated"
        )
        found.add("activity", detail)


def check_lone_user(user: User, found: Findings) -> None:
    """Report a user who should have a wallet by now. One who was moved in may never have had it."""
    if "movedInAt" in user or user["_id"].generation_time > clock.now() - GRACE:
        return
    detail = (
        "the user has no wallet: it was deleted, or a registration died halfway, and the user's "
        "next request or `activate EMAIL` opens it"
    )
    found.add("wallet_missing", detail)


def _told(active: Any, changes: Any) -> str:
    state = "active" if active is True else "inactive" if active is False else repr(active)
    return f"{state} by decision {changes}" if changes is not None else f"{state} from the start"
