"""How money moves: one update of the wallet commits a movement, everything else is a copy of it.

The door: `post(Order(...))` moves money and returns a `Receipt`; `replay(order)` moves none, and
tells what the order's key has moved; `settled(caller)` copies what waits, so that all that has
moved can be read in the ledger. The proof is in docs/money.md.
"""

from wallet_api.movements.orders import Order, Receipt
from wallet_api.movements.post import post, replay
from wallet_api.movements.relay.settle import settled

__all__ = ["Order", "Receipt", "post", "replay", "settled"]
