"""What a reference gets follows from the seed and the reference alone, by weights."""

import subprocess
import sys
from collections import Counter

import pytest

from tests.support.payout_simulator import ROOT, Http, a_reference, running
from wallet_api.payouts.simulator import mix
from wallet_api.payouts.simulator.behaviours.catalogue import BEHAVIOURS

REFERENCES = [f"wd{number:024x}" for number in range(2000)]


def names(text: str, seed: int, reference: str) -> str:
    return "+".join(each.name for each in mix.parse(text).chosen(seed, reference))


def test_a_run_with_the_same_seed_is_the_same_run() -> None:
    references = [a_reference() for _ in range(30)]
    courses = "settles,declines,returns_twice,declined_then_returned,settles_after_days"

    def run(seed: int) -> list[tuple[object, ...]]:
        arguments = ("--seed", str(seed), "--behaviours", courses, "--day", "1000")
        with running(*arguments, "--delay", "1000") as address:
            http = Http(address)
            answers = [http.submit(each).json for each in references]
        return [(each["status"], each["gatewayReference"], each.get("trace")) for each in answers]

    first, again, other = run(7), run(7), run(8)

    assert first == again
    assert first != other


def test_another_seed_is_another_run() -> None:
    one, other = ([names("all", seed, each) for each in REFERENCES] for seed in (7, 8))

    assert one != other


def test_the_order_of_the_references_changes_nothing() -> None:
    forwards = [names("all", 7, each) for each in REFERENCES]
    backwards = [names("all", 7, each) for each in reversed(REFERENCES)]

    assert forwards == backwards[::-1]


def test_weights_are_kept_about() -> None:
    counted = Counter(names("declines,settles=3", 7, each) for each in REFERENCES)

    assert counted.keys() == {"declines", "settles"}
    assert 1400 < counted["settles"] < 1600


def test_all_is_every_behaviour_but_those_that_are_left_out() -> None:
    weights = mix.parse("all,forgets_its_key=0,declines=5").weights

    expected = dict.fromkeys(BEHAVIOURS, 1) | {"declines": 5}
    del expected["forgets_its_key"]
    assert weights == expected


def test_two_behaviours_of_one_payout_both_count() -> None:
    with running("--behaviours", "returns_later+pays_then_500", "--delay", "1000") as address:
        http = Http(address)

        answer = http.submit(reference := a_reference())

        assert answer.status == 500
        assert http.inquire(reference).json["status"] == "settled"
        assert http.entries(reference)[0]["behaviours"] == ["returns_later", "pays_then_500"]


@pytest.mark.parametrize("text", ["declines+callbacks_never", "callbacks_never+declines"])
def test_a_course_goes_before_the_one_with_which_another_behaviour_shows(text: str) -> None:
    with running("--behaviours", text) as address:
        assert Http(address).submit(a_reference()).json["status"] == "declined"


def test_a_later_attempt_of_a_payout_has_the_behaviour_of_the_first() -> None:
    chosen = mix.parse("all")

    for each in REFERENCES[:100]:
        assert chosen.chosen(7, each + "a2") == chosen.chosen(7, each)


def test_no_behaviours_is_the_well_behaved_gateway() -> None:
    assert mix.parse("").weights == {"settles": 1}


@pytest.mark.parametrize("text", ["nonsense", "settles=-1", "settles=x", "settles+", "settles+x"])
def test_what_is_no_mix_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match=r"no behaviour is called|must be a whole number"):
        mix.parse(text)


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "wallet_api.payouts.simulator", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


def test_the_command_lists_every_behaviour_with_its_sentence() -> None:
    listed = command("--list-behaviours").stdout

    for each in BEHAVIOURS.values():
        assert f"{each.name:28} {each.sentence}" in listed


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--behaviours", "declinse"], "no behaviour is called 'declinse'"),
        (["--seed", "x"], "invalid int value"),
        (["--delay", "-1"], "must be 0 or more"),
        (["--books", "/nowhere/books"], "No such file"),
        (["--callbacks", "nowhere"], "must be an address"),
        (["--callback-secret", "whsec_short"], "must be whsec_ and the base64"),
        (["--port", "70000"], "must be 0 to 65535"),
    ],
    ids=str,
)
def test_a_wrong_option_is_told_in_a_line_and_not_by_a_traceback(
    arguments: list[str], why: str
) -> None:
    ended = command(*arguments)

    assert ended.returncode == 2
    assert why in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_port_that_is_taken_is_told_in_a_line() -> None:
    with running() as address:
        ended = command("--port", address.rpartition(":")[2])

    assert ended.returncode == 2
    assert "address already in use" in ended.stderr
    assert "Traceback" not in ended.stderr
