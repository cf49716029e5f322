"""A gateway's own list, where it has one: one that breaks off is no short list."""

from datetime import UTC, datetime

import pytest

from wallet_api.payouts.conformance import acts
from wallet_api.payouts.conformance.acts import Act, Response
from wallet_api.payouts.conformance.trial import Trial
from wallet_api.payouts.gateway import Lists

SINCE, UNTIL = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)

BROKEN: dict[str, Act] = {
    "closes": acts.closes,
    "never_answers": acts.hangs,
    "401": acts.says(Response(401, b"{}")),
    "404": acts.says(Response(404, b"{}")),
    "429": acts.says(Response(429, b"")),
    "500": acts.says(Response(500, b"[]")),
    "redirects": acts.says(Response(302, b"", {"Location": "/elsewhere"})),
    "html": acts.says(Response(200, b"<html>")),
    "nothing": acts.says(Response(200, b"")),
    "an_empty_object": acts.says(Response(200, b"{}")),
    "a_gigabyte": acts.sends_a_gigabyte(Response(200, b"[")),
}


@pytest.mark.parametrize("act", BROKEN.values(), ids=BROKEN)
def test_a_list_that_cannot_be_read_is_an_error_and_not_empty(trial: Trial, act: Act) -> None:
    """Reconciliation would take every payout for missing there."""
    if not isinstance(trial.adapter, Lists):
        pytest.skip("the gateway has no list")
    trial.gateway.plays(act)

    with pytest.raises(OSError) as told:  # noqa: PT011  each adapter has its own words
        list(trial.adapter.payouts_between(SINCE, UNTIL))

    assert str(told.value)
