"""The simulator's own routes, beside those of its protocols: books, control, page."""

from collections.abc import Callable
from typing import Any

from wallet_api.payouts.simulator import page, statement
from wallet_api.payouts.simulator.books import Books
from wallet_api.payouts.simulator.callbacks.post_office import PostOffice, is_address
from wallet_api.payouts.simulator.gateway import Gateway
from wallet_api.payouts.simulator.mix import UnknownBehaviour, named
from wallet_api.payouts.simulator.options import Options
from wallet_api.payouts.simulator.wire.faults import ELSEWHERE
from wallet_api.payouts.simulator.wire.messages import Reply, Request, json_reply


class OwnRoutes:
    def __init__(
        self, options: Options, books: Books, gateway: Gateway, post_office: PostOffice
    ) -> None:
        self._options = options
        self._books = books
        self._gateway = gateway
        self._post_office = post_office
        self.followed_redirects = 0
        """Requests to where a client must not go; they are told a lie."""
        self._routes: dict[tuple[str, str], Callable[[Request], Reply]] = {
            ("GET", "/"): self._show,
            ("GET", "/_books"): self._books_as_asked,
            ("GET", ELSEWHERE): self._lie,
            ("POST", ELSEWHERE): self._lie,
        }
        if options.control:
            self._routes |= {
                ("POST", "/_control/behaviours"): self._behave,
                ("POST", "/_control/callbacks"): self._call_back,
                ("GET", "/_control/books"): self._books_as_asked,
            }

    def answer(self, request: Request) -> Reply | None:
        """None: the path is not one of these."""
        route = self._routes.get((request.method, request.path))
        return route(request) if route else None

    def _show(self, _: Request) -> Reply:
        html = page.shown(self._options, self._books, self._post_office)
        headers = {"Content-Security-Policy": page.POLICY, "Cache-Control": "no-store"}
        return Reply(200, html.encode(), "text/html; charset=utf-8", headers)

    def _books_as_asked(self, request: Request) -> Reply:
        wanted = request.query.get("format", request.headers.get("accept", ""))
        if "csv" in wanted:
            csv = statement.as_csv(self._books).encode()
            return Reply(200, csv, "text/csv; charset=utf-8")
        counts = self._post_office.counts
        return json_reply(
            200,
            {
                "seed": self._options.seed,
                "behaviours": self._options.mix.weights,
                **statement.as_json(self._books, request.query.get("reference")),
                "callbacks": {
                    "waiting": self._post_office.waiting,
                    "taken": counts.taken,
                    "refused": counts.refused,
                    "failed": counts.failed,
                    "givenUp": counts.given_up,
                    "dropped": counts.dropped,
                },
                "followedRedirects": self.followed_redirects,
            },
        )

    def _lie(self, _: Request) -> Reply:
        self.followed_redirects += 1
        return json_reply(200, {"status": "settled"})

    def _behave(self, request: Request) -> Reply:
        """{"reference": "wd...", "behaviours": ["declines", ...]}"""
        asked: dict[str, Any] = request.json() or {}
        reference, names = asked.get("reference"), asked.get("behaviours")
        if not isinstance(reference, str) or not isinstance(names, list):
            return json_reply(400, {"error": "reference and behaviours are needed"})
        try:
            self._gateway.behave(reference, named(names))
        except UnknownBehaviour as error:
            return json_reply(400, {"error": str(error)})
        return json_reply(200, {"reference": reference, "behaviours": names})

    def _call_back(self, request: Request) -> Reply:
        """{"url": "http://127.0.0.1:3000"}: where callbacks go from now on."""
        url = (request.json() or {}).get("url")
        if url is not None and not is_address(url):
            return json_reply(400, {"error": "url must be an address, or null"})
        self._post_office.address = url
        return json_reply(200, {"url": url})
