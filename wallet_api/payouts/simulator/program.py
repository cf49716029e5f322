"""The simulator as a running thing: its parts put together, in a process or in a thread."""

import asyncio
from collections.abc import Callable
from threading import Event, Thread
from typing import Self

from wallet_api.payouts.simulator.books import Books
from wallet_api.payouts.simulator.callbacks.announcer import Announcer
from wallet_api.payouts.simulator.callbacks.post_office import PostOffice
from wallet_api.payouts.simulator.gateway import Gateway
from wallet_api.payouts.simulator.journal import Journal
from wallet_api.payouts.simulator.options import Options
from wallet_api.payouts.simulator.protocols.http import HttpProtocol
from wallet_api.payouts.simulator.protocols.protocol import Speaks
from wallet_api.payouts.simulator.protocols.razorpayx import RazorpayXProtocol
from wallet_api.payouts.simulator.routes import OwnRoutes
from wallet_api.payouts.simulator.wire.messages import Reply, Request, json_reply
from wallet_api.payouts.simulator.wire.server import Server

START_SECONDS = 10.0


class Simulator:
    """`async with` it, and it serves; `address` says where."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._journal = Journal(options.journal)
        self._books = Books(self._journal.write)
        self._post_office = PostOffice(options.callbacks, self._later)
        self._announcer = Announcer(options, self._post_office.post)
        self._gateway = Gateway(options, self._books, self._later, self._announcer.changed)
        protocols: tuple[Speaks, ...] = (
            HttpProtocol(options, self._gateway, self._books),
            RazorpayXProtocol(options, self._gateway, self._books),
        )
        self._announcer.speak({protocol.name: protocol for protocol in protocols})
        own = OwnRoutes(options, self._books, self._gateway, self._post_office)
        self._answerers: tuple[Callable[[Request], Reply | None], ...] = (
            *(protocol.answer for protocol in protocols),
            own.answer,
        )
        self._server = Server(self._answer)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listening: asyncio.Server | None = None
        self.address = ""

    async def __aenter__(self) -> Self:
        """Raises OSError: the port is taken, or the journal cannot be written; BrokenJournal."""
        self._loop = asyncio.get_running_loop()
        self._listening = await self._server.listen(self._options.host, self._options.port)
        self._journal.open()
        self._journal.restore(self._books)
        for entry in list(self._books):
            self._gateway.resume(entry)
        host, port = self._listening.sockets[0].getsockname()[:2]
        self.address = f"http://{host}:{port}"
        self._post_office.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._listening:
            self._listening.close()
        await self._server.close()
        self._post_office.stop()
        self._loop = None
        self._journal.close()

    def _answer(self, request: Request) -> Reply:
        for answerer in self._answerers:
            if (reply := answerer(request)) is not None:
                return reply
        return json_reply(404, {"error": "no such route"})

    def _later(self, seconds: float, then: Callable[[], None]) -> None:
        """By any thread; nothing happens once the simulator has stopped."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(loop.call_later, seconds, then)


class InThread:
    """A simulator in a thread of this process: `with InThread(Options()) as address:`."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._ready = Event()
        self._stop: Callable[[], object] = lambda: None
        self._failure: Exception | None = None
        self._thread = Thread(target=self._run, name="payout-simulator", daemon=True)
        self.address = ""

    def __enter__(self) -> str:
        """Raises what starting it raised."""
        self._thread.start()
        if not self._ready.wait(START_SECONDS):
            raise TimeoutError("the simulator does not start")
        if self._failure:
            raise self._failure
        return self.address

    def __exit__(self, *_: object) -> None:
        self._stop()
        self._thread.join(START_SECONDS)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception as error:
            self._failure = error
            self._ready.set()

    async def _serve(self) -> None:
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()
        async with Simulator(self._options) as simulator:
            self._stop = lambda: loop.call_soon_threadsafe(stopped.set)
            self.address = simulator.address
            self._ready.set()
            await stopped.wait()
