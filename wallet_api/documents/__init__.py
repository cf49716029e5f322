"""Everything that MongoDB holds: one module for each collection, and `ALL` of them."""

from mongoengine import Document

from wallet_api.documents.address_attempts import AddressAttempts
from wallet_api.documents.backend_key import BackendKey
from wallet_api.documents.known_addresses import KnownAddresses
from wallet_api.documents.ledger_entry import LedgerEntry
from wallet_api.documents.login_attempts import LoginAttempts
from wallet_api.documents.one_time_code import OneTimeCode
from wallet_api.documents.operator_act import OperatorAct
from wallet_api.documents.request_count import RequestCount
from wallet_api.documents.schema_record import SchemaRecord
from wallet_api.documents.sealed_key_filter import SealedKeyFilter
from wallet_api.documents.session import Session
from wallet_api.documents.user import User
from wallet_api.documents.wallet import Wallet
from wallet_api.documents.withdrawal import Withdrawal

ALL: tuple[type[Document], ...] = (
    SchemaRecord,
    User,
    LoginAttempts,
    AddressAttempts,
    KnownAddresses,
    RequestCount,
    Session,
    OneTimeCode,
    BackendKey,
    Wallet,
    SealedKeyFilter,
    LedgerEntry,
    Withdrawal,
    OperatorAct,
)
