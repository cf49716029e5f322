"""Which callbacks a change leads to, when, and with which signature."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from wallet_api import clock
from wallet_api.payouts.simulator.mix import draw
from wallet_api.payouts.simulator.options import Options
from wallet_api.payouts.simulator.protocols.protocol import Letter, Speaks
from wallet_api.payouts.simulator.script import Calls, Script, Status
from wallet_api.payouts.simulator.views import View

FLOOD = 200
WRONG_SECRET = "whsec_YSBmb3JnZXIgZG9lcyBub3Qga25vdyB0aGUgc2VjcmV0IG9uZQ=="  # noqa: S105


class Announcer:
    """`post` sends a letter after so many seconds."""

    def __init__(self, options: Options, post: Callable[[Letter, float], None]) -> None:
        self._options = options
        self._post = post
        self._speaks: Mapping[str, Speaks] = {}
        self._held: dict[str, list[Letter]] = {}
        """Of payouts whose callbacks come in a wrong order: those that wait for the last."""

    def speak(self, protocols: Mapping[str, Speaks]) -> None:
        self._speaks = protocols

    def changed(self, view: View, script: Script) -> None:
        letter = self._letter(view)
        seconds = self._options.seconds
        match script.calls:
            case Calls.HONEST:
                self._post(letter, 0)
            case Calls.BEFORE_COMMIT:
                for _ in range(3):
                    self._post(letter, 0)
            case Calls.DOUBLED:
                self._post(letter, 0)
                self._post(letter, 0)
            case Calls.SAME_ID:
                self._post(self._letter(view, event_of=0), 0)
            case Calls.REORDERED:
                self._hold(view, letter, script)
            case Calls.DAY_LATE:
                self._post(letter, seconds.day)
            case Calls.NEVER:
                pass
            case Calls.FORGED:
                self._post(self._forged(view), 0)
                self._post(letter, 0)
            case Calls.OLD_SECRET:
                self._post(self._letter(view, secret=self._secrets(view)[1]), 0)
            case Calls.REPLAYED:
                self._post(letter, 0)
                self._post(letter, seconds.minute)
            case Calls.YESTERDAYS:
                self._post(self._letter(view, ago=timedelta(days=1)), 0)
            case Calls.STRANGER:
                self._post(letter, 0)
                self._post(self._letter(_stranger(view), event_of=1000), 0)
            case Calls.FLOOD:
                for number in range(FLOOD):
                    self._post(self._letter(view, event_of=2000 + number), 0)

    def _hold(self, view: View, letter: Letter, script: Script) -> None:
        held = self._held.setdefault(view.gateway_reference, [])
        held.append(letter)
        if len(view.entry.history) >= len(script.course):
            for number, each in enumerate(reversed(self._held.pop(view.gateway_reference))):
                self._post(each, number * 0.1)

    def _letter(
        self,
        view: View,
        event_of: int | None = None,
        secret: str | None = None,
        ago: timedelta = timedelta(0),
    ) -> Letter:
        number = len(view.entry.history) if event_of is None else event_of
        drawn = draw(self._options.seed, "event", view.entry.gateway_reference, number)
        return self._speaks[view.entry.protocol].letter(
            view,
            event_id=f"evt_{drawn:016x}",
            at=clock.now() - ago,
            secret=secret or self._secrets(view)[0],
        )

    def _forged(self, view: View) -> Letter:
        lie = replace(view, status=Status.DECLINED.value, reason="beneficiary_account_closed")
        return self._letter(lie, event_of=3000 + len(view.entry.history), secret=WRONG_SECRET)

    def _secrets(self, view: View) -> tuple[str, str]:
        return self._speaks[view.entry.protocol].secrets()


def _stranger(view: View) -> View:
    drawn = draw("stranger", view.reference)
    return replace(
        view, reference=f"wd{drawn:024x}"[:26], gateway_reference=f"pout_{drawn:014x}"[:19]
    )
