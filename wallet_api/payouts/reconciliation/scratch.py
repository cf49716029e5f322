"""A database on disk for the length of one run: lists and findings need not fit into memory."""

import sqlite3

CACHE_KIB = 16_384


def scratch(schema: str) -> sqlite3.Connection:
    """SQLite removes it with the connection, or with the process."""
    database = sqlite3.connect("", isolation_level=None)
    database.executescript(
        f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
        f"PRAGMA temp_store = FILE; PRAGMA cache_size = -{CACHE_KIB};"
    )
    database.executescript(schema)
    return database
