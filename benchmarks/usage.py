"""What a process and its children use of the machine, from /proc."""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def cpu_seconds(*pids: int) -> float:
    """CPU time of the processes and of every descendant that lives, in user and kernel mode."""
    ticks = 0
    for member in _trees(pids):
        with suppress(OSError):
            fields = _stat(member)
            ticks += int(fields[11]) + int(fields[12])
    return ticks / _TICKS_PER_SECOND


def memory_mb(*pids: int) -> float:
    """Their and their descendants' proportional set size: what they share counts once."""
    kib = 0
    for member in _trees(pids):
        with suppress(OSError):
            for line in Path(f"/proc/{member}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    kib += int(line.split()[1])
    return kib / 1024


def peak_memory_mb(pid: int) -> float:
    """The most resident memory that the process has had so far; 0 once it has gone."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return 0.0


def _trees(pids: Sequence[int]) -> Iterator[int]:
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            children.setdefault(int(_stat(int(folder.name))[1]), []).append(int(folder.name))
    waiting = list(pids)
    while waiting:
        member = waiting.pop()
        yield member
        waiting += children.get(member, [])


def _stat(pid: int) -> list[str]:
    # "pid (name) state parent ...", and the name may hold anything.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
