"""How many requests one client has made within one window, as MongoDB holds it."""

from mongoengine import DateTimeField, Document, IntField, StringField


class RequestCount(Document):
    """Written by the library `limits`, where MongoDB is the store of the rate limits."""

    id = StringField(primary_key=True)
    """The rate, the window, and the client: a user's id, or the keyed digest of an address."""
    count = IntField()
    expire_at = DateTimeField(required=True, db_field="expireAt")

    meta = {
        "collection": "requestCounts",
        "auto_create_index": False,
        "indexes": [{"fields": ["expire_at"], "expireAfterSeconds": 0}],
    }
