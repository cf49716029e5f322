"""From which addresses a user has logged in, as MongoDB holds it."""

from mongoengine import (
    DateTimeField,
    Document,
    EmbeddedDocument,
    EmbeddedDocumentListField,
    StringField,
)


class KnownAddress(EmbeddedDocument):
    digest = StringField(required=True)
    at = DateTimeField(required=True)
    """The last login that was noted; an older one than a day is noted anew."""


class KnownAddresses(Document):
    """The addresses of a user's last successful logins."""

    id = StringField(primary_key=True)
    """A keyed digest of the email: it is found without a look at the user."""
    addresses = EmbeddedDocumentListField(KnownAddress)
    expires_at = DateTimeField(required=True, db_field="expiresAt")

    meta = {
        "collection": "knownAddresses",
        "auto_create_index": False,
        "indexes": [{"fields": ["expires_at"], "expireAfterSeconds": 0}],
    }
