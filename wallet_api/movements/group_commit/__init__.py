"""Movements that come at the same time share an update, or a command.

Around the core and with its signature: `post(order, commit=...)` does without.
"""

from wallet_api.movements.group_commit.group import commit

__all__ = ["commit"]
