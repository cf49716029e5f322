"""The id of a request, under which client, answer and log speak of it."""

import re
import uuid

from flask import g, request

HEADER = "X-Request-Id"

_ACCEPTED = re.compile(r"[\w.:-]{1,64}", re.ASCII)


def assign_request_id() -> None:
    """The caller's own id where it is short and plain, else a fresh one."""
    given = request.environ.get("HTTP_X_REQUEST_ID", "")
    g.request_id = given if _ACCEPTED.fullmatch(given) else uuid.uuid4().hex
