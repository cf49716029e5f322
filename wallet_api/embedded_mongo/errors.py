"""Why there is no embedded MongoDB."""


class EmbeddedMongoError(Exception):
    """There is no server; the message says why, for a person."""
