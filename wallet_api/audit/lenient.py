"""Documents read whatever they hold."""

from typing import Any

from bson import CodecOptions, DatetimeConversion
from bson.binary import UuidRepresentation
from mongoengine import Document
from pymongo.collection import Collection

WHATEVER_IT_IS: CodecOptions[dict[str, Any]] = CodecOptions(
    tz_aware=True,
    uuid_representation=UuidRepresentation.UNSPECIFIED,
    datetime_conversion=DatetimeConversion.DATETIME_AUTO,
    unicode_decode_error_handler="replace",
)
"""One value that the driver cannot decode (a UUID of 3 bytes, a date of the year 10000, a text that
is no UTF-8) would break the audit off, and tell nobody which document it is in."""


def collection(document: type[Document]) -> Collection[dict[str, Any]]:
    found: Collection[dict[str, Any]] = document._get_collection()
    return found.with_options(codec_options=WHATEVER_IT_IS)
