"""How often one address has tried to log in or to register, as MongoDB holds it."""

from mongoengine import DateTimeField, Document, IntField, StringField


class AddressAttempts(Document):
    """The tries from one address, whatever the emails, within one window of time."""

    id = StringField(primary_key=True)
    """A keyed digest, so that a stolen collection is not a list of addresses."""
    logins = IntField()
    registrations = IntField()
    codes = IntField()
    """Asked for."""
    guesses = IntField()
    """Of codes."""
    expires_at = DateTimeField(required=True, db_field="expiresAt")

    meta = {
        "collection": "addressTries",
        "auto_create_index": False,
        "indexes": [{"fields": ["expires_at"], "expireAfterSeconds": 0}],
    }
