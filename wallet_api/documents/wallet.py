"""A wallet as MongoDB holds it: the balance, the movements still to be copied, the keys used."""

from bson import ObjectId
from mongoengine import (
    BinaryField,
    BooleanField,
    DateTimeField,
    DictField,
    Document,
    EmbeddedDocument,
    EmbeddedDocumentField,
    EmbeddedDocumentListField,
    ListField,
    LongField,
    ObjectIdField,
    StringField,
)

from wallet_api import clock
from wallet_api.documents.kinds import MovementKind
from wallet_api.documents.lean_queryset import LeanQuerySet
from wallet_api.documents.schema_record import version_field


class Movement(EmbeddedDocument):
    """One committed change of a balance, or one committed refusal of a change."""

    id = ObjectIdField(required=True, db_field="id")
    """Becomes the `_id` of the ledger entry, and of the withdrawal."""
    kind = StringField(required=True, choices=[kind.value for kind in MovementKind])
    amount_cents = LongField(required=True, db_field="amountCents")
    """Minor units, signed: what was added to the balance; 0 for a refusal."""
    requested_cents = LongField(db_field="requestedCents")
    """Minor units: what a refused withdrawal asked for."""
    destination = StringField()
    withdrawal = ObjectIdField()
    """The withdrawal that a refund belongs to, or by which a transfer has come."""
    counterpart = ObjectIdField()
    """Of a transfer: the user on the other side."""
    reason = StringField()
    idempotency_key = StringField(db_field="idempotencyKey")
    """With its scope before it, `withdrawal:K`, since keys of two endpoints never meet."""
    backend_key = StringField(db_field="backendKey")
    """The name of the key of the back end that asked for it; None: the user did."""
    exceeded = DictField(default=None)
    """Only of a refusal by a limit: which one, what was left of it, and when it renews."""
    limit_day = StringField(db_field="limitDay")
    """The day for whose limits it was counted, or a refund gave back; None: it was not."""
    new_destination = BooleanField(db_field="newDestination")
    """It was counted as one to a destination that was new to the wallet."""
    gateway = StringField()
    """As the order's."""
    at = DateTimeField(required=True)
    booked_at = DateTimeField(db_field="bookedAt")
    digest_version = LongField(db_field="digestVersion")
    """Both fixed by the relay when it first reads the movement; see relay.durable_read."""


class Chain(EmbeddedDocument):
    """Where the ledger entries that have been copied end."""

    sequence = LongField(required=True, default=0)
    head = BinaryField(required=True, default=bytes(32))
    """The hash of the last entry copied; zeros before the first."""
    booked_at = DateTimeField(db_field="bookedAt")
    version = LongField()
    """Of the last entry's digest; none: 1."""
    refusals = LongField()
    """How many records of refusals there are, since they are counted: they have no entries."""
    refusals_sum = BinaryField(db_field="refusalsSum")
    """Of their digests."""


class Seal(EmbeddedDocument):
    """The relay's signature on what it alone changes: `chain` and the used keys."""

    version = LongField(required=True)
    """Of the secret, as of a digest."""
    mac = BinaryField(required=True)


class Wallet(Document):
    """Its update is the commit point of every movement.

    Only `movements.commit` changes the balance, and only `movements.relay` shortens the outbox.
    """

    user = ObjectIdField(required=True)
    currency = StringField(required=True)
    # No min_value: MongoEngine would hold it against the operand of every `inc`, not the result.
    balance_cents = LongField(required=True, default=0, db_field="balanceCents")
    sequence = LongField(required=True, default=0)
    """How many movements of money there have ever been."""
    active = BooleanField(required=True, default=True)
    active_changes = LongField(db_field="activeChanges")
    """How often the operator has decided on `active`; None: never."""
    token_epoch = ObjectIdField(db_field="tokenEpoch")
    """Tokens of another epoch no longer count. None: the user's logins have never been ended. A
    fresh id and not a number or an instant, as the generation is."""
    email_proved = BooleanField(db_field="emailProved")
    """Whether the user has shown that the email is his or hers; None: no."""
    frozen = DictField(default=None)
    """Only while the operator has frozen it: `active` is then false, and in here is what it is once
    that is over."""
    erased_at = DateTimeField(db_field="erasedAt")
    """Only of wallets whose users' personal data were erased: they stay closed."""
    limits = DictField(default=None)
    """Of its own, in place of the settings'; None: it has none. See movements.limits."""
    spent = DictField(default=None)
    """By day: the sum and the number of the withdrawals that were counted for its limits."""
    destinations = DictField(default=None)
    """By digest: since when it withdraws there. Only while new destinations have a limit."""
    refused_transfers = ListField(ObjectIdField(), db_field="refusedTransfers", default=None)
    """Withdrawals of others of which it takes nothing any more; see payouts.transfers."""
    outbox = EmbeddedDocumentListField(Movement)
    generation = ObjectIdField(required=True, default=ObjectId)
    """The relay starts a new one each time it truncates the outbox. A fresh id and not a counter: a
    value that a failover or a crash takes back must never come again."""
    seen_keys = ListField(BinaryField(), db_field="seenKeys")
    """A filter of the keys that have left the outbox, see movements.used_keys."""
    seen_count = LongField(required=True, default=0, db_field="seenCount")
    """How many keys that is."""
    sealed_filters = LongField(required=True, default=0, db_field="sealedFilters")
    """How many filters before this one were full, and have been sealed."""
    copying = ObjectIdField()
    """The relay writes it to make durable what it is about to read, and removes it with the
    movements that it has copied."""
    chain = EmbeddedDocumentField(Chain, required=True, default=Chain)
    seal = EmbeddedDocumentField(Seal)
    """None before the first movement is copied; see relay.wallet_seal."""
    created_at = DateTimeField(required=True, default=clock.now, db_field="createdAt")
    schema_version = version_field()

    meta = {
        "collection": "wallets",
        "queryset_class": LeanQuerySet,
        "auto_create_index": False,
        # What was moved in has members of the original, such as `__v` and `updatedAt`.
        "strict": False,
        "indexes": [
            {"fields": ["user"], "unique": True},
            # The sweep's: wallets that carry something, the longest waiting first.
            {"fields": ["outbox.0.at"], "sparse": True},
        ],
    }
