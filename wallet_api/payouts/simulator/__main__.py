"""`python -m wallet_api.payouts.simulator`: the simulator as a command."""

import argparse
import asyncio
import resource
import signal
import sys
from base64 import b64decode
from pathlib import Path

from wallet_api.payouts.simulator import mix
from wallet_api.payouts.simulator.behaviours.catalogue import GROUPS
from wallet_api.payouts.simulator.callbacks.post_office import is_address
from wallet_api.payouts.simulator.journal import BrokenJournal
from wallet_api.payouts.simulator.options import Options, Seconds, Secrets
from wallet_api.payouts.simulator.program import Simulator
from wallet_api.payouts.simulator.wire.server import MAX_CONNECTIONS

NOT_RUN = 2


def main(arguments: list[str] | None = None) -> int:
    asked = _parser().parse_args(arguments)
    if asked.list_behaviours:
        _list()
        return 0
    _allow_many_connections()
    try:
        asyncio.run(_serve(_options(asked), asked.until_stdin_ends))
    except (OSError, BrokenJournal) as error:
        print(f"simulator: {error}", file=sys.stderr)
        return NOT_RUN
    return 0


def _allow_many_connections() -> None:
    """Many systems let a process open 1024 files unless it asks for more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_CONNECTIONS + 100
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


async def _serve(options: Options, until_stdin_ends: bool) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, stopped.set)
    if until_stdin_ends:
        loop.add_reader(sys.stdin.fileno(), stopped.set)
    async with Simulator(options) as simulator:
        print(f"simulator: {simulator.address} (seed {options.seed})", flush=True)
        await stopped.wait()


def _options(asked: argparse.Namespace) -> Options:
    seconds = ("delay", "timeout", "memory", "minute", "day")
    secrets = {name: getattr(asked, name) for name in Secrets.__slots__}
    return Options(
        seed=asked.seed,
        mix=asked.behaviours,
        seconds=Seconds(**{name: getattr(asked, name) for name in seconds}),
        secrets=Secrets(**secrets),
        callbacks=asked.callbacks,
        control=asked.control,
        journal=asked.books,
        host=asked.host,
        port=asked.port,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m wallet_api.payouts.simulator",
        description="A payout gateway that can fail in every way, with books of its own.",
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="where it listens (127.0.0.1)")
    add("--port", type=_port, default=0, help="0, the default: any that is free")
    add("--seed", type=int, default=0, help="chooses each reference's behaviour (0)")
    add("--behaviours", type=_mix, default=mix.parse(""), metavar="A,B=3,C+D", help=_MIX_HELP)
    add("--list-behaviours", action="store_true", help="print them, and end")
    add(
        "--callbacks",
        type=_address,
        metavar="URL",
        help="the service: callbacks go there",
    )
    add("--control", action="store_true", help="let tests set behaviours: POST /_control/...")
    add("--books", type=Path, metavar="FILE", help="a journal: the books survive a restart")
    add("--until-stdin-ends", action="store_true", help="end with whoever holds its input")
    for name, meaning in _SECONDS.items():
        default = getattr(Seconds(), name)
        add(f"--{name}", type=_seconds, default=default, help=f"{meaning} ({default:g} s)")
    for name in Secrets.__slots__:
        kind = _webhook_secret if name.endswith("callback_secret") else str
        default = getattr(Secrets(), name)
        add(f"--{name.replace('_', '-')}", type=kind, default=default, help=argparse.SUPPRESS)
    return parser


_MIX_HELP = "with weights; C+D: both for one payout; `all`; NAME=0 leaves it out (settles)"
_SECONDS = {
    "delay": "from accepted to the end, and between steps",
    "timeout": "the client's: late answers come after it",
    "memory": "how long a forgetful gateway knows a key",
    "minute": "how long `for a minute` lasts",
    "day": "how long `a day` lasts",
}


def _mix(text: str) -> mix.Mix:
    try:
        return mix.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _address(text: str) -> str:
    if not is_address(text):
        raise argparse.ArgumentTypeError("must be an address such as http://127.0.0.1:3000")
    return text


def _webhook_secret(text: str) -> str:
    try:
        is_one = text.startswith("whsec_") and len(b64decode(text[6:], validate=True)) >= 24
    except ValueError:
        is_one = False
    if not is_one:
        raise argparse.ArgumentTypeError("must be whsec_ and the base64 of 24 bytes or more")
    return text


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port < 65536:
        raise argparse.ArgumentTypeError("must be 0 to 65535")
    return port


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds <= 10**8:
        raise argparse.ArgumentTypeError("must be 0 or more")
    return seconds


def _list() -> None:
    for group, behaviours in GROUPS.items():
        print(f"{group}:")
        for each in behaviours:
            print(f"  {each.name:28} {each.sentence}")


if __name__ == "__main__":
    sys.exit(main())
