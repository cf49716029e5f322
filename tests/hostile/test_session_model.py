"""Sessions beside a model of them, with every token and code of before tried again and again."""

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any, NamedTuple

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.mutants import Mutant, people
from wallet_api import clock
from wallet_api.auth import recovery, service, sessions
from wallet_api.documents.address_attempts import AddressAttempts
from wallet_api.documents.login_attempts import LoginAttempts
from wallet_api.documents.one_time_code import OneTimeCode
from wallet_api.documents.session import Session
from wallet_api.errors import NotFound
from wallet_api.movements import wallets
from wallet_api.users import service as users

pytestmark = pytest.mark.lengthy

_numbers = count(1)
PASSWORDS = ("correct horse battery", "tidal-lantern-42-moss")

which = st.one_of(st.integers(0, 1), st.integers(0, 10**6))
"""Of the tokens that were given so far, from the last on."""


class Given(NamedTuple):
    """A pair of tokens."""

    session: int
    epoch: int
    access: str
    refresh: str


class Sessions(RuleBasedStateMachine):
    client: FlaskClient

    @initialize()
    def register(self) -> None:
        self.email = f"model-{next(_numbers)}@example.com"
        users.register("A", "Person", self.email, PASSWORDS[0])
        self.password, self.active, self.epoch = 0, True, 0
        self.given: list[Given] = []
        self.last: dict[int, tuple[str | None, str]] = {}
        """Of each session that goes on: the token before, in its grace, and the one that counts."""
        self.codes: list[str] = []
        self.good_code: str | None = None
        self.log_in()

    @precondition(lambda self: self.active)
    @rule()
    def log_in(self) -> None:
        body = {"email": self.email, "password": PASSWORDS[self.password]}
        self._begin(self.client.post("/auth/login", json=body))

    @rule(which=which)
    def refresh(self, which: int) -> None:
        self._refresh(which)

    @rule(which=which)
    def refresh_once_the_grace_is_over(self, which: int) -> None:
        past = clock.now() - timedelta(seconds=11)
        Session.objects(rotated_at__gt=past).update(set__rotated_at=past)
        self.last = {session: (None, present) for session, (_, present) in self.last.items()}
        self._refresh(which)

    @rule(which=which, path=st.sampled_from(["/wallets", "/auth/me", "/withdrawals"]))
    def read(self, which: int, path: str) -> None:
        self._ask(which, "GET", path, None)

    @rule(which=which)
    def deposit(self, which: int) -> None:
        self._ask(which, "POST", "/wallets/deposit", {"amount": 1})

    @rule(which=which)
    def log_out(self, which: int) -> None:
        if asked := self._ask(which, "POST", "/auth/logout", {}):
            self.last.pop(asked.session, None)

    @rule(which=which)
    def log_out_everywhere(self, which: int) -> None:
        if self._ask(which, "POST", "/auth/logout", {"everywhere": True}):
            self._end_all()

    @rule(which=which)
    def change_the_password(self, which: int) -> None:
        asked = self.given[-1 - which % len(self.given)]
        old, new = PASSWORDS[self.password], PASSWORDS[1 - self.password]
        body = {"password": old, "newPassword": new}

        answer = self._call(asked, "POST", "/auth/password", body)

        if answer.status_code == 200:
            assert self._is_heard(asked)
            self.password = 1 - self.password
            self._end_all()
            self._begin(answer)
        else:
            assert (answer.status_code, self._is_heard(asked)) == (401, False)

    @rule()
    def ask_for_a_code(self) -> None:
        if self.active:
            self.good_code = recovery.reset_code(self.email)
            self.codes.append(self.good_code)
        else:
            assert is_refused(lambda: recovery.reset_code(self.email))

    @precondition(lambda self: self.codes)
    @rule(which=which)
    def reset_the_password(self, which: int) -> None:
        code = self.codes[-1 - which % len(self.codes)]
        new = {"email": self.email, "code": code, "newPassword": PASSWORDS[1 - self.password]}
        AddressAttempts.objects.delete()  # how many codes may be tried is no matter of this model
        LoginAttempts.objects.delete()

        status = self.client.post("/auth/password/reset", json=new).status_code

        if not (self.active and code == self.good_code):
            assert status == 400
            return
        assert status == 200
        self.good_code = None
        self.password = 1 - self.password
        self._end_all()

    @rule()
    def wait_until_codes_have_expired(self) -> None:
        OneTimeCode.objects.update(set__expires_at=clock.now() - timedelta(seconds=1))
        self.good_code = None

    @rule(active=st.booleans())
    def decide(self, active: bool) -> None:
        users.set_active(self.email, active)
        self.active = active
        if not active:
            self._end_all()

    @invariant()
    def the_last_tokens_work_as_the_model_says(self) -> None:
        for asked in getattr(self, "given", [])[-2:]:
            status = self._call(asked, "GET", "/wallets", None).status_code
            assert status == (200 if self._is_heard(asked) else 401)

    def _refresh(self, which: int) -> None:
        asked = self.given[-1 - which % len(self.given)]
        before, present = self.last.get(asked.session, (None, None))
        is_heard = self.active and asked.epoch == self.epoch

        answer = self.client.post("/auth/refresh", json={"refreshToken": asked.refresh})

        if asked.refresh not in (before, present):
            self.last.pop(asked.session, None)
        if not is_heard or asked.refresh not in (before, present):
            assert answer.status_code == 401
            return
        told = answer.get_json()
        assert answer.status_code == 200
        assert (asked.refresh == present) == (told["refreshToken"] != present)
        self._give(asked.session, told)
        if asked.refresh == present:
            self.last[asked.session] = (asked.refresh, told["refreshToken"])

    def _begin(self, answer: Any) -> None:
        assert answer.status_code == 200
        session = len(self.given)
        told = answer.get_json()
        self.last[session] = (None, told["refreshToken"])
        self._give(session, told)

    def _give(self, session: int, told: dict[str, Any]) -> None:
        self.given.append(Given(session, self.epoch, told["token"], told["refreshToken"]))

    def _end_all(self) -> None:
        self.epoch += 1
        self.last.clear()

    def _is_heard(self, asked: Given) -> bool:
        return self.active and asked.epoch == self.epoch

    def _ask(self, which: int, method: str, path: str, body: Any) -> Given | None:
        """None: it was refused, as the model says."""
        asked = self.given[-1 - which % len(self.given)]
        status = self._call(asked, method, path, body).status_code
        assert status == (200 if self._is_heard(asked) else 401)
        return asked if status == 200 else None

    def _call(self, asked: Given, method: str, path: str, body: Any) -> Any:
        headers = {"Authorization": f"Bearer {asked.access}"}
        return self.client.open(path, method=method, json=body, headers=headers)


def is_refused(action: Callable[[], object]) -> bool:
    try:
        action()
    except NotFound:
        return True
    return False


def run(client: FlaskClient, *, shrink: bool = True) -> None:
    Sessions.client = client
    run_state_machine_as_test(
        Sessions,
        settings=settings(
            # The first counterexample ends it, and a mutant's need not be the smallest. What is
            # tried depends on more than this file: Hypothesis tries constants of all that it sees.
            max_examples=25 if shrink else 5000,
            phases=[Phase.generate, Phase.shrink] if shrink else [Phase.generate],
            stateful_step_count=30,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_sessions_are_as_their_model(client: FlaskClient) -> None:
    run(client)


@pytest.mark.parametrize(
    ("where", "name", "broken"),
    [
        (sessions, "GRACE_SECONDS", 10**9),
        (service, "read_wallet", lambda caller: None),
        (sessions, "end", lambda caller: None),
        (wallets, "set_active", lambda user, active: 1),
    ],
    ids=["endless grace", "ended sessions go on", "logout does nothing", "nobody is shut out"],
)
@pytest.mark.in_process("the product is broken in the process of the test")
def test_the_model_finds_a_service_that_is_broken(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, where: Any, name: str, broken: Any
) -> None:
    monkeypatch.setattr(where, name, broken)

    with pytest.raises(AssertionError):
        run(client, shrink=False)


@pytest.mark.parametrize(
    "mutant",
    [
        people.codes_stay_after_their_use,
        people.codes_never_expire,
        people.older_codes_stay,
        people.logins_go_on_after_a_reset,
    ],
    ids=lambda mutant: mutant.__name__,
)
@pytest.mark.in_process("the product is broken in the process of the test")
def test_the_model_finds_codes_that_are_broken(
    client: FlaskClient, mutate: Callable[[Mutant], None], mutant: Mutant
) -> None:
    mutate(mutant)

    with pytest.raises(AssertionError):
        run(client, shrink=False)
