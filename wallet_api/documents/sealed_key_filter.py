"""A full filter of a wallet's used keys, as MongoDB holds it."""

from mongoengine import BinaryField, Document, ListField, LongField, ObjectIdField

from wallet_api.documents.schema_record import version_field


class SealedKeyFilter(Document):
    """Written once by the relay, before the wallet starts a new filter; it never changes."""

    id = ObjectIdField(primary_key=True)
    """The generation of the wallet that was read for it: the same from every process."""
    user = ObjectIdField(required=True)
    number = LongField(required=True)
    """1 is the wallet's first."""
    seen_keys = ListField(BinaryField(), db_field="seenKeys")
    schema_version = version_field()

    meta = {
        "collection": "sealed_key_filters",
        "auto_create_index": False,
        "indexes": [{"fields": ["user", "number"], "unique": True}],
    }
