"""A session as MongoDB holds it: from a login on, as long as its refresh tokens are used."""

from mongoengine import BinaryField, DateTimeField, Document, ObjectIdField, StringField

from wallet_api import clock


class Session(Document):
    """The refresh tokens of one login, of which the last one counts."""

    id = StringField(primary_key=True)
    """Random, and part of each of its refresh tokens; their secrets are nowhere."""
    user = ObjectIdField(required=True)
    epoch = ObjectIdField()
    """Of the user's wallet at the login: with another, the session has ended."""
    digest = BinaryField(required=True)
    """SHA-256 of the secret of the refresh token that counts."""
    previous_digest = BinaryField(db_field="previousDigest")
    """Of the one before, which is answered for a moment more."""
    nonce = BinaryField()
    """With which the secret that counts was made of the one before."""
    rotated_at = DateTimeField(db_field="rotatedAt")
    """By the database's clock."""
    created_at = DateTimeField(required=True, default=clock.now, db_field="createdAt")
    expires_at = DateTimeField(required=True, db_field="expiresAt")

    meta = {
        "collection": "sessions",
        "auto_create_index": False,
        "indexes": [
            {"fields": ["expires_at"], "expireAfterSeconds": 0},
            {"fields": ["user"]},
        ],
    }
