"""How often somebody has tried to log in, as MongoDB holds it."""

from mongoengine import DateTimeField, Document, IntField, MapField, StringField


class LoginAttempts(Document):
    """The tries to log in with one email within one window of time."""

    id = StringField(primary_key=True)
    """A SHA-256, so that a stolen collection is not a list of emails."""
    total = IntField(required=True)
    by_address = MapField(IntField(), db_field="byAddress")
    expires_at = DateTimeField(required=True, db_field="expiresAt")

    meta = {
        "collection": "loginTries",
        "auto_create_index": False,
        "indexes": [{"fields": ["expires_at"], "expireAfterSeconds": 0}],
    }
