"""What grows, as one picture."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.audits import Audit
from benchmarks.day import Day
from benchmarks.growth import Series
from benchmarks.growth_tables import cpu_ms

BAND = 0.1
"""Flat is: within this of the smallest size."""


def draw(
    series: Sequence[Series], day: Day | None, audits: Sequence[Audit], folder: Path
) -> list[Path]:
    """The file drawn; none where matplotlib is missing."""
    try:
        import matplotlib
    except ModuleNotFoundError:
        print("No plot: matplotlib is missing (pip install -r requirements-bench.txt)")
        return []
    matplotlib.use("Agg")
    from matplotlib import pyplot

    of_wallets = [audit for audit in audits if audit.database.startswith("wallets")]
    panels = len(series) + 2 * bool(of_wallets) + 2 * (day is not None)
    rows = max(1, (panels + 2) // 3)
    figure, grid = pyplot.subplots(
        rows, 3, figsize=(15, 4.2 * rows), layout="constrained", squeeze=False
    )
    free = iter(grid.flat)
    for each in series:
        _cost(next(free), each)
    if of_wallets:
        _audit_rate(next(free), of_wallets)
        _audit_memory(next(free), of_wallets)
    if day is not None:
        _day_answers(next(free), day)
        _day_memory(next(free), day)
    for unused in free:
        unused.remove()
    path = folder / "growth.png"
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
    return [path]


def _cost(axes: Any, grown: Series) -> None:
    sizes = [point.size for point in grown.points]
    axes.axhspan(1 - BAND, 1 + BAND, color="green", alpha=0.12, label="within 10 %")
    for case in grown.cases:
        costs = [cpu_ms(point, case) for point in grown.points]
        axes.plot(sizes, [cost / costs[0] for cost in costs], marker="o", label=case)
    _by_size(axes, grown.name)
    axes.set_ylabel("CPU of a request, x the smallest size")
    axes.set_ylim(0, max(2.0, axes.get_ylim()[1]))
    axes.legend(fontsize="small", ncols=2, loc="lower left")
    axes.set_title(f"Cost by {grown.name}")


def _audit_rate(axes: Any, audits: Sequence[Audit]) -> None:
    for audited, label in _by_depth(audits):
        wallets = [audit.wallets for audit in audited]
        axes.plot(wallets, [audit.entries_per_second for audit in audited], "o-", label=label)
    _by_size(axes, "wallets")
    axes.set_ylabel("entries a second")
    axes.set_ylim(bottom=0)
    axes.legend(fontsize="small", loc="lower left")
    axes.set_title("The audit's rate")


def _audit_memory(axes: Any, audits: Sequence[Audit]) -> None:
    for audited, label in _by_depth(audits):
        axes.plot([a.wallets for a in audited], [a.peak_mb for a in audited], "o-", label=label)
    _by_size(axes, "wallets")
    axes.set_ylabel("MB at most")
    axes.set_ylim(bottom=0)
    axes.legend(fontsize="small", loc="lower left")
    axes.set_title("The audit's memory")


def _by_depth(audits: Sequence[Audit]) -> list[tuple[list[Audit], str]]:
    return [
        ([audit for audit in audits if not audit.verify_chain], "flask audit"),
        ([audit for audit in audits if audit.verify_chain], "flask audit --verify-chain"),
    ]


def _by_size(axes: Any, what: str) -> None:
    axes.set_xscale("log")
    axes.set_xlabel(what)
    axes.grid(alpha=0.3)


def _day_answers(axes: Any, day: Day) -> None:
    hours = [hour.hour for hour in day.hours]
    axes.bar(
        hours, [hour.taken.per_second for hour in day.hours], color="lightgrey", label="requests/s"
    )
    axes.set_ylabel("requests a second")
    axes.set_xlabel("hour of the day")
    other = axes.twinx()
    for percent in ("50", "99"):
        heights = [hour.taken.latency_ms[percent] for hour in day.hours]
        other.plot(hours, heights, label=f"p{percent} ms")
    other.set_ylabel("ms")
    other.set_ylim(bottom=0)
    other.legend(fontsize="small", loc="upper left")
    axes.set_title("A day: requests, and their latency")


def _day_memory(axes: Any, day: Day) -> None:
    hours = [hour.hour for hour in day.hours]
    axes.plot(hours, [hour.taken.memory_mb for hour in day.hours], label="MB of the service")
    axes.plot(hours, [hour.mongod_mb for hour in day.hours], label="MB of mongod")
    axes.set_ylabel("MB")
    axes.set_xlabel("hour of the day")
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    other = axes.twinx()
    cpu = [hour.taken.server_cpu_ms + hour.taken.mongod_cpu_ms for hour in day.hours]
    other.plot(hours, cpu, color="grey", linestyle="--", label="CPU ms of a request")
    other.set_ylabel("ms")
    other.set_ylim(bottom=0)
    axes.legend(fontsize="small", loc="lower left")
    other.legend(fontsize="small", loc="lower right")
    axes.set_title("A day: memory, and CPU of a request")
