"""What is installed beside each other is pinned alike: `make bench` must not break `make test`."""

import re
from pathlib import Path

FILES = sorted(Path(__file__).parents[2].glob("requirements*.txt"))


def pinned(file: Path) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==(\S+)", file.read_text(), re.MULTILINE))


def test_no_two_files_pin_a_package_differently() -> None:
    versions: dict[str, set[str]] = {}
    for file in FILES:
        for name, version in pinned(file).items():
            versions.setdefault(name, set()).add(version)

    assert len(versions) > 100
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}
