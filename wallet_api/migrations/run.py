"""The steps of a migration, in their order."""

from collections.abc import Callable

from wallet_api import clock, schema_version
from wallet_api.documents.schema_record import SCHEMA_VERSION
from wallet_api.documents.user import User
from wallet_api.documents.wallet import Wallet
from wallet_api.documents.withdrawal import Withdrawal
from wallet_api.migrations.indexes import replace_indexes
from wallet_api.migrations.key_filters import rename_sealed_filters
from wallet_api.migrations.report import Report
from wallet_api.migrations.users import bcrypt_cost, migrate_users
from wallet_api.migrations.wallets import leave_users_without_wallet, migrate_wallets
from wallet_api.migrations.withdrawals import leave_unsettled, migrate_withdrawals

TURNS = 5
"""So often is a step repeated for what others have changed meanwhile."""


class AnotherDatabase(Exception):
    """Newer code has migrated the database, or another secret signs its ledger; the message says
    which."""


class StillWritten(Exception):
    """Somebody keeps changing the documents that are to be migrated; the message says so."""


def is_done() -> bool:
    """Whether there is nothing to do, and nothing was left to a person. One round trip.

    Raises AnotherDatabase, PyMongoError.
    """
    record = schema_version.read()
    if record is None:
        return False
    if record["version"] > SCHEMA_VERSION:
        raise AnotherDatabase(schema_version.problem())
    if told := schema_version.secret_problem(record):
        raise AnotherDatabase(told)
    return record["version"] == SCHEMA_VERSION and not record.get("left")


def documents_about() -> int:
    """How many there are to look at, roughly. Three round trips."""
    return sum(
        document._get_collection().estimated_document_count()
        for document in (User, Withdrawal, Wallet)
    )


def migrate(report: Report) -> None:
    """Bring the database to this version, in the order in which each step needs the one before.

    Withdrawals come before wallets: with the update that makes a wallet ours, the keys of all its
    withdrawals enter its filter, in the form that this service reads. The version comes last: until
    then the service holds requests back.

    Raises AnotherDatabase; StillWritten, PyMongoError: run it again, it goes on from there.
    """
    if not report.dry_run and (told := schema_version.begin_ledger()):
        raise AnotherDatabase(told)
    rename_sealed_filters(report)
    for step in (migrate_users, migrate_withdrawals, migrate_wallets):
        _until_none_is_missed(step, report)
    leave_users_without_wallet(report)
    leave_unsettled(report)
    replace_indexes(report)
    if not report.dry_run:
        schema_version.write(
            version=SCHEMA_VERSION,
            left=len(report.problems),
            bcryptCost=bcrypt_cost(),
            migratedAt=clock.now(),
        )


def _until_none_is_missed(step: Callable[[Report], None], report: Report) -> None:
    reported = list(report.problems)
    for _ in range(TURNS):
        report.missed, report.problems = 0, list(reported)
        step(report)
        if not report.missed:
            return
    raise StillWritten(
        f"{report.missed} documents keep changing: stop the service that writes them, and run "
        "this again"
    )
