"""What RazorpayX tells of a payout, in the words of the port."""

from wallet_api.payouts.adapters.strict_json import Malformed, Members
from wallet_api.payouts.gateway import Answer, Verdict

STATES = {
    "pending": Verdict.ACCEPTED,
    "queued": Verdict.ACCEPTED,
    "scheduled": Verdict.ACCEPTED,
    "processing": Verdict.ACCEPTED,
    "processed": Verdict.SETTLED,
    "failed": Verdict.DECLINED,
    "rejected": Verdict.DECLINED,
    "cancelled": Verdict.DECLINED,
    "reversed": Verdict.RETURNED,
}


def answer_of(entity: Members) -> Answer:
    """Raises Malformed."""
    if entity.text("entity") != "payout":
        raise Malformed("the entity is no payout")
    word = entity.text("status")
    reason, source, description = _details(entity)
    ours = word == "failed" and reason == "insufficient_funds" and source == "business"
    return Answer(
        # A payout that has failed for want of money in our account was not executed, and its key
        # answers `failed` for ever.
        verdict=Verdict.NOT_TAKEN if ours else STATES.get(word, Verdict.ACCEPTED),
        reference_is_spent=ours,
        reference=entity.optional_text("reference_id"),
        amount_cents=entity.amount("amount"),
        currency=entity.text("currency"),
        gateway_reference=entity.text("id"),
        trace=entity.optional_text("utr"),
        fee_cents=entity.optional_amount("fees"),
        reason=reason,
        source=source,
        description=description if word in STATES else f"The gateway says {word!r}.",
    )


def _details(entity: Members) -> tuple[str | None, str | None, str | None]:
    if entity.any("status_details") is None:
        return None, None, entity.optional_text("failure_reason")
    details = entity.object("status_details")
    return (
        details.optional_text("reason"),
        details.optional_text("source"),
        details.optional_text("description"),
    )
