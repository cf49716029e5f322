"""What the service logs: one line for each event, to the standard error, without personal data."""

from wallet_api.logs.events import event
from wallet_api.logs.output import flush
from wallet_api.logs.redaction import masked_email
from wallet_api.logs.setup import configure

__all__ = ["configure", "event", "flush", "masked_email"]
