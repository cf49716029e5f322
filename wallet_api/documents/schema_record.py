"""Which version of the documents the database holds, as MongoDB holds it."""

from mongoengine import DateTimeField, Document, IntField, ListField, LongField, StringField

SCHEMA_VERSION = 3
"""Of the documents that this code reads and writes. A document without one is older than all
versions; a ledger entry without one is as good as the present, since entries are never changed.

2: the ledger and the wallets are signed. 3: an outbox may hold withdrawals that a gateway is still
to pay, and transfers: older code would copy them as paid, so that it must not start on them."""
SIGNED_SINCE = 2

ONLY = "schema"


def version_field() -> IntField:
    """The member that every document carries."""
    return IntField(required=True, default=SCHEMA_VERSION, db_field="schemaVersion")


class SchemaRecord(Document):
    """The only document of its collection."""

    id = StringField(primary_key=True, default=ONLY)
    version = IntField(required=True)
    """Every document is of this version, but for those that were left to a person."""
    left = LongField(required=True, default=0)
    """So many things the last migration has left to a person."""
    bcrypt_cost = IntField(db_field="bcryptCost")
    """Of the passwords that were moved in: what the others take as long as."""
    ledger_secrets = ListField(StringField(), db_field="ledgerSecrets")
    """Fingerprints of the secrets that sign the ledger, the oldest first."""
    migrated_at = DateTimeField(db_field="migratedAt")

    meta = {"collection": "schema", "auto_create_index": False, "indexes": []}
