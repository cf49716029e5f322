"""How often somebody has tried to log in with one email, as MongoDB holds it."""

from mongoengine import DateTimeField, Document, IntField, MapField, StringField


class LoginAttempts(Document):
    """The tries to log in with one email within one window of time."""

    id = StringField(primary_key=True)
    """A keyed digest, so that a stolen collection is not a list of emails."""
    total = IntField()
    """From all addresses from which the email's owner has not logged in before."""
    by_address = MapField(IntField(), db_field="byAddress")
    """From each address, by its keyed digest."""
    codes = IntField()
    """How many codes were asked for."""
    codes_by_address = MapField(IntField(), db_field="codesByAddress")
    guesses = IntField()
    """How many codes were tried."""
    guesses_by_address = MapField(IntField(), db_field="guessesByAddress")
    expires_at = DateTimeField(required=True, db_field="expiresAt")

    meta = {
        "collection": "loginTries",
        "auto_create_index": False,
        "indexes": [{"fields": ["expires_at"], "expireAfterSeconds": 0}],
    }
