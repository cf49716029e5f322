"""A ledger entry as MongoDB holds it: written once, never changed."""

from mongoengine import (
    BinaryField,
    BooleanField,
    DateTimeField,
    Document,
    LongField,
    ObjectIdField,
    StringField,
)

from wallet_api.documents.kinds import ENTRY_KINDS
from wallet_api.documents.lean_queryset import LeanQuerySet
from wallet_api.documents.schema_record import version_field


class LedgerEntry(Document):
    """One movement of money on one wallet; together a gapless chain from zero to the balance."""

    user = ObjectIdField(required=True)
    sequence = LongField(required=True)
    """1, 2, 3 ... within the wallet."""
    type = StringField(required=True, choices=ENTRY_KINDS)
    amount_cents = LongField(required=True, db_field="amountCents")
    """Minor units, signed."""
    currency = StringField(required=True)
    balance_after_cents = LongField(required=True, db_field="balanceAfterCents")
    withdrawal = ObjectIdField()
    """That the entry belongs to; of what has come by a transfer, the other user's."""
    counterpart = ObjectIdField()
    """Of a transfer: the user on the other side."""
    reason = StringField()
    idempotency_key = StringField(db_field="idempotencyKey")
    """Of deposits and refunds, with its scope; a withdrawal's is in its record."""
    destination = StringField()
    withdrawal_key = StringField(db_field="withdrawalKey")
    """What the record of a withdrawal says too: here they are signed. The key has its scope, and
    no index: the record's has one."""
    backend_key = StringField(db_field="backendKey")
    """The name of the key of the back end that asked for it; None: the user did."""
    limit_day = StringField(db_field="limitDay")
    """The day for whose limits it was counted, or a refund gave back; None: it was not."""
    new_destination = BooleanField(db_field="newDestination")
    """It was counted as one to a destination that was new to the wallet."""
    gateway = StringField()
    """Of a withdrawal: by which it was to be paid out; None: the debit was the whole story. Of a
    refund: that of its withdrawal."""
    at = DateTimeField(required=True)
    """When the movement was asked for, as the answer to it said."""
    booked_at = DateTimeField(required=True, db_field="bookedAt")
    """`at`, unless that is not in the minute before the relay read the movement by the database's
    clock; and never before the entry before. The clocks of hosts differ and jump, a ledger must
    not."""
    previous_hash = BinaryField(required=True, db_field="previousHash")
    hash = BinaryField(required=True)
    """Of the entry's canonical content, the previous hash included; see relay.hash_chain."""
    digest_version = LongField(db_field="digestVersion")
    """None: 1, a plain SHA-256. From 2 on the hash is signed, see wallet_api.ledger_signing."""
    schema_version = version_field()

    meta = {
        "collection": "ledger_entries",
        "queryset_class": LeanQuerySet,
        "auto_create_index": False,
        "indexes": [
            {"fields": ["user", "sequence"], "unique": True},
            {"fields": ["user", "booked_at", "sequence"]},
            {
                # Partial, not sparse: a sparse compound index still holds (user, null), and would
                # refuse a second entry without a key. `$gt: ""` and not `$type`: a plain equality
                # query can use it.
                "fields": ["user", "idempotency_key"],
                "unique": True,
                "partialFilterExpression": {"idempotencyKey": {"$gt": ""}},
            },
        ],
    }
