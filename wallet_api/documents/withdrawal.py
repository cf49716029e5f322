"""A withdrawal as MongoDB holds it."""

from mongoengine import (
    BooleanField,
    DateTimeField,
    DictField,
    Document,
    EmbeddedDocument,
    EmbeddedDocumentField,
    EmbeddedDocumentListField,
    LongField,
    ObjectIdField,
    StringField,
)

from wallet_api.documents.kinds import STATUSES, RefundState
from wallet_api.documents.lean_queryset import LeanQuerySet
from wallet_api.documents.schema_record import version_field


class StatusChange(EmbeddedDocument):
    status = StringField(required=True, choices=STATUSES)
    at = DateTimeField(required=True)
    reason = StringField()
    """Where an operator has decided it."""


class Attempt(EmbeddedDocument):
    """One reference under which the gateway was asked to pay; stored before anything is sent."""

    reference = StringField(required=True)
    at = DateTimeField(required=True)
    """When the first request with it began."""
    last_at = DateTimeField(required=True, db_field="lastAt")
    """When the last one did."""
    fence = ObjectIdField()
    """Of the claim with which it was stored, if it was stored with one."""
    may_be_taken = BooleanField(required=True, db_field="mayBeTaken")
    """False: the gateway has certainly executed none of these requests."""
    spent = BooleanField()
    """True: the gateway refuses it for ever, and the next attempt has another reference."""


class StatusDetails(EmbeddedDocument):
    """What the gateway says of the status, in its own words."""

    reason = StringField()
    source = StringField()
    description = StringField()


class Told(EmbeddedDocument):
    """What a callback has told, until an inquiry says so too."""

    verdict = StringField(required=True)
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
    new_destination = BooleanField(db_field="newDestination")
    """All three as the movement's."""
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
    gateway = StringField()
    """By which it is paid out; None: the debit was the whole story. What follows down to
    `needs_review` is of such withdrawals only."""
    due_at = DateTimeField(db_field="dueAt")
    """From when on a worker takes it up. None: nothing is due."""
    fence = ObjectIdField()
    """Fresh with each worker that takes it up: what another has found since is not written. Never
    a counter, whose value a failover can bring back."""
    tries = LongField()
    """How often it was taken up without an end, since the last progress."""
    attempts = EmbeddedDocumentListField(Attempt)
    gateway_reference = StringField(db_field="gatewayReference")
    trace = StringField()
    """By which the banks call it."""
    fee_cents = LongField(db_field="feeCents")
    """Minor units, which the gateway has taken from its client's account."""
    status_details = EmbeddedDocumentField(StatusDetails, db_field="statusDetails")
    gateway_state = DictField(default=None, db_field="gatewayState")
    told = EmbeddedDocumentField(Told)
    refund = StringField(choices=[state.value for state in RefundState])
    refunded_at = DateTimeField(db_field="refundedAt")
    needs_review = StringField(db_field="needsReview")
    """Why a person must look at it."""
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
            # The workers': only what is due is in it, however many withdrawals there are.
            {"fields": ["due_at"], "sparse": True},
            {"fields": ["needs_review"], "sparse": True},
            {
                # Of the sum that is held. "failed" < "pending" < "processing" < "success".
                "fields": ["user", "status"],
                "partialFilterExpression": {"status": {"$gt": "failed", "$lt": "success"}},
            },
        ],
    }
