"""docs/payout-adapters.md, followed word by word in an empty folder."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.lengthy

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/payout-adapters.md").read_text()


def follow(folder: Path, broken: bool = False) -> subprocess.CompletedProcess[str]:
    """Save the two files as the page names them, and run its commands."""
    programs = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names = re.findall(r"`(\w+\.py)`:\n", PAGE)
    assert len(programs) == len(names) == 2
    for name, program in zip(names, programs, strict=True):
        (folder / name).write_text(break_as_told(program) if broken else program)
    (commands,) = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    python = shlex.quote(sys.executable)
    here = commands.replace("~/wallet_api/.venv/bin/python", python)
    here = here.replace("~/wallet_api", shlex.quote(str(ROOT)))
    if broken:
        here = f"{here.rstrip()} -k 'word_that_nobody or client_error'\n"  # the others take long
    return subprocess.run(
        ["sh", "-ec", here], cwd=folder, capture_output=True, text=True, timeout=120
    )


def break_as_told(program: str) -> str:
    word = re.sub(r"WORDS\.get\((.*?), Verdict\.ACCEPTED\)", r"WORDS[\1]", program)
    return re.sub(r"asking\.says_exactly\(.*\)", "lambda reply: reply.status == 404", word)


@pytest.mark.slow
def test_the_adapter_of_the_page_keeps_every_rule(tmp_path: Path) -> None:
    trial = follow(tmp_path)

    assert trial.returncode == 0, trial.stdout[-3000:] + trial.stderr
    assert re.search(r"\d{3} passed, \d\d skipped", trial.stdout)


@pytest.mark.slow
def test_the_page_is_right_about_what_breaks(tmp_path: Path) -> None:
    trial = follow(tmp_path, broken=True)

    failed = set(re.findall(r"FAILED \S*::(\w+)", trial.stdout))
    assert {
        "test_a_word_that_nobody_knows_is_accepted",
        "test_a_client_error_without_the_gateways_own_words_is_unknown",
    } <= failed


def test_the_page_is_under_100_lines() -> None:
    assert len(PAGE.splitlines()) < 100
