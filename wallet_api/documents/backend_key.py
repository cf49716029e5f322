"""A back end's key as MongoDB holds it."""

from mongoengine import BinaryField, DateTimeField, Document, ListField, StringField

from wallet_api import clock
from wallet_api.documents.schema_record import version_field


class BackendKey(Document):
    """It is never removed: the ledger names it."""

    name = StringField(required=True)
    """Of one key for ever, also once that is revoked."""
    digest = BinaryField(required=True)
    """Of the secret, which is stored nowhere: see backend_keys.secret."""
    scopes = ListField(StringField(), required=True)
    created_at = DateTimeField(required=True, default=clock.now, db_field="createdAt")
    expires_at = DateTimeField(db_field="expiresAt")
    """None: never."""
    revoked_at = DateTimeField(db_field="revokedAt")
    last_used_at = DateTimeField(db_field="lastUsedAt")
    """To the minute, see backend_keys.known; None: never."""
    schema_version = version_field()

    meta = {
        "collection": "backendKeys",
        "auto_create_index": False,
        "indexes": [
            {"fields": ["name"], "unique": True},
            {"fields": ["digest"], "unique": True},
        ],
    }
