"""Logging as the settings want it, for this service's own words and its libraries'."""

import logging
from collections.abc import Iterable
from typing import Any

from wallet_api.config import Settings
from wallet_api.logs.formatters import JsonFormatter, Members, ReadableFormatter, Values
from wallet_api.logs.output import Handler

NAME = "wallet_api"


def configure(
    settings: Settings, members: Members = lambda: {}, values: Values = lambda: _NOTHING
) -> None:
    """Log through our handler, in place of the one of an earlier call.

    Libraries speak from warnings on: at their debug level, PyMongo logs whole documents.
    """
    formatter = JsonFormatter if settings.is_production else ReadableFormatter
    handler = Handler()
    handler.set_name(NAME)
    handler.setFormatter(formatter(members, values))
    root = logging.getLogger()
    for earlier in [each for each in root.handlers if each.get_name() == NAME]:
        root.removeHandler(earlier)
    root.addHandler(handler)
    logging.getLogger("wallet_api").setLevel(settings.log_level.upper())


_NOTHING: Iterable[tuple[str, Any]] = ()
