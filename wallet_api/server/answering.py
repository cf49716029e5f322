"""How a worker answers a request, and what was none."""

import time
from contextlib import suppress
from datetime import datetime
from typing import Any

from gunicorn.http import wsgi
from gunicorn.workers.gthread import ThreadWorker

from wallet_api.server import seams
from wallet_api.server.connection import PunctualConnection
from wallet_api.server.refusals import refusal
from wallet_api.server.request import StrictRequest
from wallet_api.server.response import OneSegmentResponse
from wallet_api.server.sending import Answer
from wallet_api.server.settled_config import SettledConfig
from wallet_api.web.headers import REPEATED


class AnsweringWorker(ThreadWorker):
    """gunicorn's threaded worker, with responses and refusals of our own."""

    cfg: Any

    def init_process(self) -> None:
        self.cfg = SettledConfig(self.cfg)
        seams.settle_environ(self.cfg)
        super().init_process()

    def handle_request(self, req: StrictRequest, conn: PunctualConnection) -> bool:
        """As gunicorn's, with our response. False: the connection is to be closed, or the rest of
        the answer waits at it for its client."""
        self.cfg.pre_request(self, req)
        response, environ = wsgi.create(
            req, conn.sock, conn.client, conn.server, self.cfg, response_class=OneSegmentResponse
        )
        environ["wsgi.multithread"] = True
        environ[REPEATED] = req.repeated_headers
        conn.right_to_answer = response.right_to_answer = [environ]
        self._count()
        if not self._may_keep_another():
            response.force_close()
        started = datetime.now()

        def finish() -> None:
            try:
                self.log.access(response, req, environ, datetime.now() - started)
                self.cfg.post_request(self, req, environ, response)
            finally:
                if hasattr(body, "close"):
                    body.close()

        body: Any = ()
        try:
            body = self.wsgi(environ, response.start_response)
        except BaseException:
            finish()
            raise
        answer = Answer(response, body, finish)
        self._go_on(conn, answer)
        return self._may_stay(conn, response)

    def send_on(self, conn: PunctualConnection) -> bool:
        """What `handle` is to a request, to the rest of an answer whose client has taken more."""
        answer, parser = conn.answer, conn.parser
        if answer is None or parser is None:
            raise AssertionError("Nothing is left to send.")
        response = answer.response
        answer.take_up()
        try:
            self._go_on(conn, answer)
            may_stay = self._may_stay(conn, response)
        except OSError:
            return False
        return may_stay and bool(parser.finish_body(time.monotonic()))

    def _go_on(self, conn: PunctualConnection, answer: Answer) -> None:
        """Send what the client takes of the answer. Where that is all, or it fails, it is over."""
        waits = False
        try:
            waits = not answer.go_on()
        except OSError:
            raise
        except (Exception, SystemExit):
            if not answer.response.headers_sent:
                raise
            # Half of an answer cannot be taken back.
            self.log.exception("An answer broke off")
            answer.response.force_close()
        finally:
            if waits:
                answer.put_aside()
                conn.answer = answer
            else:
                conn.answer = None
                answer.end()

    def _may_stay(self, conn: PunctualConnection, response: OneSegmentResponse) -> bool:
        if conn.answer is not None:
            return False
        if response.should_close():
            conn.linger()
            return False
        return True

    def _count(self) -> None:
        self.nr += 1
        if self.nr >= self.max_requests:
            self.alive = False

    def _may_keep_another(self) -> bool:
        return (
            self.alive and self.cfg.keepalive and len(self.keepalived_conns) < self.max_keepalived
        )

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:
        """Answer what gunicorn could not read, and what the application let through."""
        refused = refusal(exc, req, self.cfg)
        if refused.is_defect:
            members = {"requestId": refused.request_id}
            self.log.error("A request failed", exc_info=exc, extra=members)
        else:
            told = {
                "event": "refused",
                "requestId": refused.request_id,
                "client": addr[0] if addr else "",
            }
            # Not by its message, which may quote a token.
            self.log.warning("A request was refused: %s", type(exc).__name__, extra=told)
        with suppress(OSError):
            client.sendall(refused.answer())
