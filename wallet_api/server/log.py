"""gunicorn's own messages in the service's log, and its door for a line for each request."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from gunicorn.glogging import Logger


class ServerLog(Logger):
    """Through the root logger, whose handler wallet_api.logs has set; gunicorn's own has none."""

    on_answer: Callable[[str, dict[str, Any], timedelta], None] | None = None
    """Set in a worker, once its application is loaded: it is newer than the master's modules."""

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        self.error_log.propagate = True

    def access(self, resp: Any, req: Any, environ: dict[str, Any], request_time: timedelta) -> None:
        if self.on_answer is not None:
            self.on_answer(resp.status or "500", environ, request_time)
