"""What an operator has done by a command, as MongoDB holds it: written once, never changed."""

from mongoengine import BinaryField, DateTimeField, DictField, Document, LongField, StringField

from wallet_api.documents.schema_record import version_field


class OperatorAct(Document):
    number = LongField(required=True)
    """1, 2, 3 ... of all acts."""
    at = DateTimeField(required=True)
    by = StringField(required=True)
    """The account of the host in which the command ran, and the host."""
    command = StringField(required=True)
    subject = StringField(required=True)
    """The id of the withdrawal or the user."""
    reason = StringField()
    details = DictField(default=None)
    """What else the command was told, in words; of a refused act `refused`, and the number of the
    act that it tells of."""
    previous = BinaryField(required=True)
    """The `mac` of the act before it; zeros before the first."""
    mac = BinaryField(required=True)
    digest_version = LongField(required=True, db_field="digestVersion")
    """Of the secret, as of a ledger entry."""
    schema_version = version_field()

    meta = {
        "collection": "operator_log",
        "auto_create_index": False,
        "indexes": [{"fields": ["number"], "unique": True}],
    }
