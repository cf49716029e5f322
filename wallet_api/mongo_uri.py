"""What MONGO_URI must say, and which server and database it means."""

import re
import warnings
from urllib.parse import unquote_plus

from marshmallow import ValidationError
from pymongo import MongoClient
from pymongo.errors import PyMongoError
from pymongo.uri_parser import parse_uri

SERVERS_OWN = {"admin", "local", "config"}
"""Databases in which MongoDB keeps its own; money must not lie among users and settings."""

MAX_NAME_BYTES = 63
NAME_IT = "name a database of its own, as in mongodb://127.0.0.1:27017/wallet_api"
LOOKUP_SECONDS = 5.0
SECRET_OPTIONS = {"authmechanismproperties", "tlscertificatekeyfilepassword"}

_VALID_NAME = re.compile(r"""[^\s/\\."$*<>:|?\0]+""")
_OPTION = re.compile(r"([^=&;]+)=([^&;]*)")


def check(uri: str) -> None:
    """A validator of settings: the URI is valid, and names the database that holds the money.

    No round trip to MongoDB; for mongodb+srv:// one DNS lookup. The messages hold no password.

    Raises ValidationError. Without a name, MongoEngine would put the money into `test`.
    """
    if not uri:
        return
    if not uri.startswith(("mongodb://", "mongodb+srv://")):
        raise ValidationError("Must start with mongodb:// or mongodb+srv://")
    try:
        _check_name(uri)
        with warnings.catch_warnings():
            # PyMongo would ignore tls=yes, and send the password without TLS. An option that it
            # does not know may be another driver's.
            warnings.simplefilter("error")
            warnings.filterwarnings("ignore", message="Unknown option")
            MongoClient(uri, connect=False).close()
            if uri.startswith("mongodb+srv://"):
                parse_uri(uri, connect_timeout=LOOKUP_SECONDS)
    except (PyMongoError, ValueError, OSError, UserWarning) as error:
        raise ValidationError(_without_secrets(str(error), uri)) from None


def described(uri: str) -> str:
    """The hosts and the database's name: never the user, the password or an option."""
    hosts = uri.partition("://")[2].partition("?")[0].partition("/")[0].rpartition("@")[2]
    return f"database {database_name(uri)} at {hosts}"


def database_name(uri: str) -> str:
    """Empty: it names none. No DNS lookup."""
    return unquote_plus(uri.partition("://")[2].partition("?")[0].partition("/")[2])


def _check_name(uri: str) -> None:
    name = database_name(uri)
    if not name:
        raise ValidationError(f"It names no database: {NAME_IT}")
    if name.casefold() in SERVERS_OWN:
        raise ValidationError(f"The database {name.casefold()} is MongoDB's own: {NAME_IT}")
    # Not repeated here: of a password with a slash in it, a part would stand in its place.
    if not _VALID_NAME.fullmatch(name) or len(name.encode()) > MAX_NAME_BYTES:
        raise ValidationError(f"Its database has no valid name: {NAME_IT}")


def _without_secrets(text: str, uri: str) -> str:
    for option, value in _OPTION.findall(uri.partition("?")[2]):
        if option.casefold() in SECRET_OPTIONS:
            text = text.replace(unquote_plus(value), "...").replace(value, "...")
    return text.partition("\n")[0]
