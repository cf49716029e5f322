"""Whether this process can move money right now."""

from pymongo.errors import PyMongoError

from wallet_api import database, schema_version

WITHIN_SECONDS = 3.0


def failures() -> list[str]:
    """What is in the way, nothing where all is well. Three round trips and one per collection."""
    try:
        database.check_writable(WITHIN_SECONDS)
        if outdated := schema_version.problem():
            return [outdated]
        return [f"index missing: {name}" for name in database.missing_indexes()]
    except PyMongoError:
        return ["the database takes no write"]
