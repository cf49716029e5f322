"""Callbacks signed as Standard Webhooks 1.0 says (standardwebhooks.com)."""

import base64
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from wallet_api.payouts.gateway import Forged

TOLERANCE = timedelta(minutes=5)
"""Between its time and ours, either way: what was recorded cannot be played again later."""


def verify(
    headers: Mapping[str, str], body: bytes, received_at: datetime, secrets: Sequence[bytes]
) -> str:
    """The id of the event. Raises Forged."""
    event_id = headers.get("webhook-id", "")
    stamp = headers.get("webhook-timestamp", "")
    if not re.fullmatch(r"[!-~]{1,200}", event_id):
        raise Forged("The callback has no webhook-id.")
    if not re.fullmatch(r"[0-9]{1,12}", stamp):
        raise Forged("The callback has no webhook-timestamp.")
    if abs(received_at.timestamp() - int(stamp)) > TOLERANCE.total_seconds():
        raise Forged("The callback is older than five minutes, or from the future.")
    signatures = [
        signature
        for version, _, signature in (
            part.partition(",") for part in headers.get("webhook-signature", "").split()
        )
        if version == "v1"
    ]
    if not any(
        hmac.compare_digest(
            sign(event_id, stamp, body, secret).encode(), signature.encode(errors="replace")
        )
        for secret in secrets
        for signature in signatures
    ):
        raise Forged("No signature of the callback is right.")
    return event_id


def sign(event_id: str, stamp: str, body: bytes, secret: bytes) -> str:
    """The base64 of the signature, without its `v1,`."""
    signed = f"{event_id}.{stamp}.".encode() + body
    return base64.b64encode(hmac.digest(secret, signed, "sha256")).decode()
