"""What a client should do when the service cannot say whether its request took effect."""

from flask import current_app, request

from wallet_api.web.endpoint import takes_idempotency_key

_AGAIN = "Send the request again"
_WITH_THE_KEY = (
    "Whether the request took effect is unknown. Send the same request with the same "
    "Idempotency-Key: the answer tells it, and the money moves at most once"
)
_WITHOUT_A_KEY = (
    "Whether the request took effect is unknown. Look at GET /wallets/transactions before you send "
    "it again: without an Idempotency-Key, the money may move twice"
)


def advice() -> str:
    """A sentence without its full stop, for the present request.

    Only a request that moves money is told of Idempotency-Key: on others, the header says nothing.
    """
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None or not takes_idempotency_key(view):
        return _AGAIN
    return _WITH_THE_KEY if "Idempotency-Key" in request.headers else _WITHOUT_A_KEY
