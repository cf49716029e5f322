"""The results as pictures."""

from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks.rounds import Round

DRAWN = ("withdraw", "hot", "replay", "balance", "deposit")


def draw(rounds: Sequence[Round], connections: int, folder: Path) -> list[Path]:
    """The files drawn; none where matplotlib is missing."""
    try:
        import matplotlib
    except ModuleNotFoundError:
        print("No plots: matplotlib is missing (pip install -r requirements-bench.txt)")
        return []
    matplotlib.use("Agg")
    return [_latencies(rounds, connections, folder), _throughput(rounds, folder)]


def _latencies(rounds: Sequence[Round], connections: int, folder: Path) -> Path:
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 4.5), layout="constrained")
    percents = list(rounds[0].service["withdraw"].latency_ms)
    # Each nine of a percentile as wide as the one before: the tail is what is to be seen.
    across = [1 / (1 - float(percent) / 100) for percent in percents]
    for case in DRAWN:
        slices = [this.service[case] for this in rounds]
        heights = [median(taken.latency_ms[percent] for taken in slices) for percent in percents]
        axes.plot(across, heights, label=case)
    slices = [taken for this in rounds for taken in this.noop.values()]
    heights = [median(taken.latency_ms[percent] for taken in slices) for percent in percents]
    axes.plot(across, heights, label="no-op Flask route", color="grey", linestyle="--")
    axes.set_xscale("log")
    axes.set_xticks([1, 2, 10, 20, 100, 1000], ["", "50", "90", "95", "99", "99.9"])
    axes.minorticks_off()
    axes.set_xlabel("percent of the requests are answered within")
    axes.set_ylabel("ms")
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    axes.legend()
    axes.set_title(f"Latency, {connections} connections")
    return _saved(figure, folder / "latency.png")


def _throughput(rounds: Sequence[Round], folder: Path) -> Path:
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 4.5), layout="constrained")
    for case, levels in rounds[0].by_connections.items():
        heights = [
            median(this.by_connections[case][level].per_second for this in rounds)
            for level in levels
        ]
        idle = case == "no-op"
        axes.plot(
            list(levels),
            heights,
            marker="o",
            label="no-op Flask route" if idle else case,
            color="grey" if idle else None,
            linestyle="--" if idle else "-",
        )
    axes.set_xscale("log", base=2)
    axes.set_xticks(list(rounds[0].by_connections["withdraw"]))
    axes.get_xaxis().set_major_formatter("{x:.0f}")
    axes.set_xlabel("connections")
    axes.set_ylabel("requests a second")
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    axes.legend()
    axes.set_title("Throughput by concurrency")
    return _saved(figure, folder / "throughput.png")


def _saved(figure: object, path: Path) -> Path:
    from matplotlib import pyplot
    from matplotlib.figure import Figure

    assert isinstance(figure, Figure)
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
    return path
