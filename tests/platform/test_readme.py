"""What the README has people type, and the answers that it prints."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from pymongo.uri_parser import parse_uri

from tests.faults.service import Service
from wallet_api.embedded_mongo import EmbeddedMongo

README = Path(__file__).parents[2] / "README.md"
BETWEEN = "-- the next --"


@pytest.fixture
def service(
    mongo: EmbeddedMongo, tmp_path: Path, _no_settings_from_outside: None
) -> Iterator[Service]:
    host, port = parse_uri(mongo.uri)["nodelist"][0]
    running = Service(f"mongodb://{host}:{port}/readme", tmp_path / "service.log", {})
    running.start()
    try:
        running.wait()
        yield running
    finally:
        running.kill_tree()


def blocks(heading: str) -> list[tuple[str, str]]:
    """The commands and the answers of a section: (kind, text) of each fenced block."""
    section = README.read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"```(\w+)\n(.*?)```", section, flags=re.DOTALL)


def typed(commands: list[str], port: int) -> str:
    """All of them in one shell; what each prints is one part of the output."""
    script = f"\necho; echo '{BETWEEN}'\n".join(commands)
    ended = subprocess.run(
        ["bash", "-e", "-o", "pipefail"],
        input=script.replace("127.0.0.1:3000", f"127.0.0.1:{port}"),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return ended.stdout


def comparable(answers: str) -> list[str]:
    """Times, and the numbers of ids and requests, are others with each run: which of them are the
    same is not."""
    seen: dict[str, str] = {}
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME", answers)
    text = re.sub(
        r"\b[0-9a-f]{20,24}\b", lambda found: seen.setdefault(found[0], f"id-{len(seen)}"), text
    )
    return text.split()


def test_what_the_readme_tries_answers_as_it_prints(service: Service) -> None:
    tried = blocks("Try it")
    commands = [text for kind, text in tried if kind == "sh"]
    printed = [text for kind, text in tried if kind != "sh"]
    assert len(commands) == len(printed) == 5

    answers = typed(commands, service.port)

    assert comparable(answers) == comparable(f"\n{BETWEEN}\n".join(printed))
