"""A withdrawal as MongoDB holds it."""

from mongoengine import (
    DateTimeField,
    DictField,
    Document,
    EmbeddedDocument,
    EmbeddedDocumentListField,
    LongField,
    ObjectIdField,
    StringField,
)

from wallet_api.documents.kinds import STATUSES
from wallet_api.documents.lean_queryset import LeanQuerySet
from wallet_api.documents.schema_record import version_field


class StatusChange(EmbeddedDocument):
    status = StringField(required=True, choices=STATUSES)
    at = DateTimeField(required=True)


class Withdrawal(Document):
    """Its id is that of the movement that committed it."""

    user = ObjectIdField(required=True)
    amount_cents = LongField(required=True, db_field="amountCents")
    """Minor units, as asked for."""
    currency = StringField(required=True)
    destination = StringField(required=True)
    status = StringField(required=True, choices=STATUSES)
    failure_reason = StringField(db_field="failureReason")
    exceeded = DictField(default=None)
    limit_day = StringField(db_field="limitDay")
    """Both as the movement's."""
    idempotency_key = StringField(db_field="idempotencyKey")
    backend_key = StringField(db_field="backendKey")
    """As the ledger entry's."""
    balance_after_cents = LongField(db_field="balanceAfterCents")
    """Minor units: the balance that the first answer told."""
    history = EmbeddedDocumentListField(StatusChange)
    created_at = DateTimeField(required=True, db_field="createdAt")
    reversed_at = DateTimeField(db_field="reversedAt")
    moved_in_at = DateTimeField(db_field="movedInAt")
    """Only of withdrawals that another system made: when they were moved in. The wallet's opening
    balance counts them, so they have no ledger entry."""
    refusal = LongField()
    """1, 2, 3 ... of the wallet's refusals, which have no ledger entries; None: of older code."""
    booked_at = DateTimeField(db_field="bookedAt")
    digest_version = LongField(db_field="digestVersion")
    """Both of refusals only, as of a ledger entry."""
    schema_version = version_field()

    meta = {
        "collection": "withdrawals",
        "queryset_class": LeanQuerySet,
        "auto_create_index": False,
        # What was moved in has members of the original, such as `__v` and `updatedAt`.
        "strict": False,
        "indexes": [
            {
                # Partial on `$gt: ""`: see documents.ledger_entry.
                "fields": ["user", "idempotency_key"],
                "unique": True,
                "partialFilterExpression": {"idempotencyKey": {"$gt": ""}},
            },
            {"fields": ["user", "created_at", "id"]},
        ],
    }
