"""docs/simulator.md names the behaviours, options and secrets that there are."""

import re

from tests.support.payout_simulator import ROOT
from wallet_api.payouts.simulator import mix, options
from wallet_api.payouts.simulator.behaviours.catalogue import GROUPS

PAGE = (ROOT / "docs/simulator.md").read_text()


def test_the_page_lists_every_behaviour_in_its_group_and_order() -> None:
    section = PAGE.partition("## Behaviours")[2].partition("## ")[0]

    listed = [re.findall(r"`(\w+)`", item) for item in section.split("\n- ")[1:]]

    assert listed == [[each.name for each in group] for group in GROUPS.values()]


def test_the_mixes_of_the_page_are_mixes() -> None:
    texts = re.findall(r"--behaviours (\S+)", PAGE)

    assert [mix.parse(text).weights for text in texts]


def test_the_secrets_of_the_page_are_the_defaults() -> None:
    secrets = options.Secrets()

    for secret in (
        secrets.token,
        secrets.key_id,
        secrets.key_secret,
        secrets.account_number,
        secrets.callback_secret,
        secrets.webhook_secret,
    ):
        assert f"={secret}`" in PAGE


def test_the_settings_of_the_page_are_settings() -> None:
    known = (ROOT / ".env.example").read_text()

    for name in re.findall(r"\b(PAYOUT_\w+)", PAGE):
        assert f"#{name}=" in known
