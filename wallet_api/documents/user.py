"""A user as MongoDB holds it."""

from mongoengine import (
    BooleanField,
    DateTimeField,
    Document,
    LongField,
    ObjectIdField,
    StringField,
)

from wallet_api import clock
from wallet_api.config import settings
from wallet_api.documents.schema_record import version_field


class User(Document):
    id = ObjectIdField(primary_key=True)
    first_name = StringField(required=True, db_field="firstName")
    last_name = StringField(required=True, db_field="lastName")
    email = StringField(required=True)
    """In its canonical form: see users.emails."""
    password_hash = StringField(required=True, db_field="password")
    currency = StringField(required=True, default=lambda: settings().default_currency)
    """Of the wallet that belongs to the user, for one that is still to be opened."""
    is_active = BooleanField(required=True, default=True, db_field="isActive")
    active_changes = LongField(db_field="activeChanges")
    """Of the wallet, when `is_active` last followed it; None: never."""
    created_at = DateTimeField(required=True, default=clock.now, db_field="createdAt")
    moved_in_at = DateTimeField(db_field="movedInAt")
    """Only of users who came from another system: when they did."""
    erased_at = DateTimeField(db_field="erasedAt")
    """Only of users whose personal data were overwritten: when they were."""
    schema_version = version_field()

    meta = {
        "collection": "users",
        "auto_create_index": False,
        # The original's users have members of Mongoose, such as `__v`.
        "strict": False,
        "indexes": [{"fields": ["email"], "unique": True}],
    }
