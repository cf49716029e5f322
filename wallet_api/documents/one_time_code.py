"""A one-time code as MongoDB holds it: until it is used, replaced, or expired."""

from mongoengine import (
    BinaryField,
    BooleanField,
    DateTimeField,
    Document,
    ObjectIdField,
    StringField,
)


class OneTimeCode(Document):
    """The code of one user for one purpose: there is one at most."""

    id = StringField(primary_key=True)
    """The purpose and the user's id: a new code replaces the older."""
    user = ObjectIdField(required=True)
    digest = BinaryField(required=True)
    """SHA-256 of the code, which is nowhere."""
    mailed = BooleanField(required=True)
    """Whether only whoever reads the user's mail can have it; an operator may have seen others."""
    expires_at = DateTimeField(required=True, db_field="expiresAt")

    meta = {
        "collection": "oneTimeCodes",
        "auto_create_index": False,
        "indexes": [{"fields": ["expires_at"], "expireAfterSeconds": 0}],
    }
