"""Which behaviour a reference gets: a pure function of the seed and the reference."""

import hashlib
import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate

from wallet_api.payouts.simulator.behaviours.behaviour import Behaviour
from wallet_api.payouts.simulator.behaviours.catalogue import BEHAVIOURS

DEFAULT = "settles"
ALL = "all"
_LATER_ATTEMPT = re.compile(r"(.*[0-9a-f]{24})a[0-9]+")


class UnknownBehaviour(ValueError):
    """The message names it."""


@dataclass(frozen=True, slots=True)
class Mix:
    """Behaviours with weights; `a+b` is one choice, of a payout that does both."""

    weights: dict[str, int]

    def chosen(self, seed: int, reference: str) -> tuple[Behaviour, ...]:
        """What the reference gets; its later attempts (`...a2`) get the same."""
        choices = list(self.weights)
        bounds = list(accumulate(self.weights.values()))
        number = draw(seed, "behaviour", base_of(reference)) % bounds[-1]
        return named(choices[bisect_right(bounds, number)])


def parse(text: str) -> Mix:
    """`declines,pays_then_silent=3,returns_later+callbacks_never`; `all,declines=0` leaves it out.

    Raises UnknownBehaviour, ValueError.
    """
    weights: dict[str, int] = {}
    for item in filter(None, (part.strip() for part in text.split(","))):
        name, _, weight = item.partition("=")
        for each in BEHAVIOURS if name == ALL else (name,):
            named(each)
            weights[each] = _weight(weight, item)
    weights = {name: weight for name, weight in weights.items() if weight}
    return Mix(weights or {DEFAULT: 1})


def named(text: str | Iterable[str]) -> tuple[Behaviour, ...]:
    """Of `a+b`, or of a list. Raises UnknownBehaviour."""
    names = text.split("+") if isinstance(text, str) else list(text)
    try:
        return tuple(BEHAVIOURS[name] for name in names)
    except (KeyError, TypeError) as error:
        raise UnknownBehaviour(f"no behaviour is called {error.args[0]!r}") from None


def base_of(reference: str) -> str:
    """The reference of the first attempt: `wd...a2` -> `wd...`."""
    later = _LATER_ATTEMPT.fullmatch(reference)
    return later[1] if later else reference


def draw(*values: object) -> int:
    """64 bits, always the same for the same values."""
    digest = hashlib.blake2b("\0".join(map(str, values)).encode(), digest_size=8).digest()
    return int.from_bytes(digest)


def _weight(text: str, item: str) -> int:
    if text and not re.fullmatch(r"[0-9]{1,6}", text):
        raise ValueError(f"{item}: the weight must be a whole number")
    return int(text or 1)
