"""gunicorn's settings as plain attributes."""

from typing import Any


class SettledConfig:
    """A worker's settings, which no longer change: a request reads some twenty of them.

    gunicorn's own looks each up by a method that calls another, which takes 8 microseconds a
    request in place of one.
    """

    def __init__(self, config: Any) -> None:
        vars(self).update({name: setting.get() for name, setting in config.settings.items()})
        self.is_ssl = config.is_ssl
        self.forwarded_allow_networks = config.forwarded_allow_networks
        self._config = config

    def __getattr__(self, name: str) -> Any:
        return getattr(self._config, name)
