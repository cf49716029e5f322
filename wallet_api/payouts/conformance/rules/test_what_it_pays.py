"""What the gateway cannot pay is refused before the debit, and what it can is let through."""

import pytest

from wallet_api.payouts.conformance.trial import Trial
from wallet_api.payouts.destinations import Kind
from wallet_api.payouts.gateway import CannotPay, Gateway

EXAMPLES = {
    Kind.TEXT: "my account at the bank",
    Kind.BANK: "bank:HDFC0001234:5012345678:Asha Rao",
    Kind.UPI: "upi:asha@okhdfc",
    Kind.IBAN: "iban:DE89370400440532013000:Asha Rao",
    Kind.WALLET: "wallet:0123456789abcdef01234567",
}


def test_it_is_a_gateway_that_knows_its_traits(trial: Trial) -> None:
    traits = trial.adapter.traits
    final = traits.not_found_is_final_after

    assert isinstance(trial.adapter, Gateway)
    assert traits.name
    assert traits.destinations
    assert traits.key_life.total_seconds() > 0
    assert final is None or final.total_seconds() > 0
    assert traits.per_second is None or traits.per_second > 0


def test_what_it_can_pay_is_let_through(trial: Trial) -> None:
    sample = trial.double.payable

    trial.adapter.check(sample.amount_cents, sample.currency, sample.destination)

    assert trial.gateway.requests == []


def test_what_it_cannot_pay_is_refused_with_the_rule(trial: Trial) -> None:
    for sample in trial.double.unpayable:
        with pytest.raises(CannotPay) as refusal:
            trial.adapter.check(sample.amount_cents, sample.currency, sample.destination)

        assert str(refusal.value), sample
    assert trial.gateway.requests == []


@pytest.mark.parametrize("kind", Kind)
def test_a_destination_of_a_kind_that_it_does_not_name_is_refused(trial: Trial, kind: Kind) -> None:
    if kind in trial.adapter.traits.destinations:
        pytest.skip("it pays there")
    sample = trial.double.payable

    with pytest.raises(CannotPay):
        trial.adapter.check(sample.amount_cents, sample.currency, EXAMPLES[kind])


def test_a_currency_that_it_does_not_name_is_refused(trial: Trial) -> None:
    currencies = trial.adapter.traits.currencies
    if currencies is None:
        pytest.skip("it pays all")
    sample = trial.double.payable
    foreign = next(c for c in ("USD", "EUR", "INR", "JPY", "XAF") if c not in currencies)

    with pytest.raises(CannotPay):
        trial.adapter.check(sample.amount_cents, foreign, sample.destination)
