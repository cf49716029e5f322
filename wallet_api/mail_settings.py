"""The settings of mail, typed and checked: a part of `Settings`."""

from contextlib import suppress
from dataclasses import dataclass, field
from email.headerregistry import Address
from urllib.parse import SplitResult, unquote, urlsplit

from environs import Env, EnvError
from marshmallow.validate import OneOf

_PORTS = {"smtp": 587, "smtps": 465}
_EXAMPLE = "smtp://user:password@mail.example.com:587"


@dataclass(frozen=True, slots=True)
class MailServer:
    host: str
    port: int
    tls_from_the_start: bool
    """smtps://; otherwise STARTTLS, wherever the server offers it or a password is to be sent."""
    user: str = field(repr=False)
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class MailSettings:
    server: MailServer | None
    """None: no mail is sent."""
    sender: str
    """The address in From."""
    email_proof: str

    @property
    def proof_is_required(self) -> bool:
        return self.email_proof == "required"


def read(env: Env) -> MailSettings:
    """Raises EnvError: the message names the setting, and never says its password."""
    chosen = MailSettings(
        server=_server(env.str("SMTP_URL", "")),
        sender=_sender(env.str("MAIL_FROM", "")),
        email_proof=env.str("EMAIL_PROOF", "off", validate=OneOf(["off", "required"])),
    )
    if chosen.server is None and chosen.proof_is_required:
        raise EnvError("EMAIL_PROOF=required needs SMTP_URL: its codes are mailed.")
    if chosen.server is not None and not chosen.sender:
        raise EnvError("SMTP_URL needs MAIL_FROM: the address that mails come from.")
    return chosen


def _server(text: str) -> MailServer | None:
    if not text:
        return None
    url = _parts(text)
    credentials = unquote(url.username or ""), unquote(url.password or "")
    if not all(each.isascii() and each.isprintable() for each in credentials):
        # smtplib would fail with each mail.
        raise EnvError("SMTP_URL: its user and its password must be printable ASCII characters.")
    user, password = credentials
    return MailServer(
        host=url.hostname or "",
        port=url.port or _PORTS[url.scheme],
        tls_from_the_start=url.scheme == "smtps",
        user=user,
        password=password,
    )


def _parts(text: str) -> SplitResult:
    """Raises EnvError, without what may be a password."""
    with suppress(ValueError):
        url = urlsplit(text)
        bare = url.path in ("", "/") and not url.query and not url.fragment
        if url.scheme in _PORTS and url.hostname and url.port != 0 and bare:
            return url
    raise EnvError(f"SMTP_URL: must be the URL of a mail server, such as {_EXAMPLE}")


def _sender(text: str) -> str:
    if not text:
        return ""
    with suppress(ValueError, IndexError):
        return Address(addr_spec=text.strip()).addr_spec
    raise EnvError("MAIL_FROM: must be an email address, such as wallet@example.com")
