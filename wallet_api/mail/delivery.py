"""How a mail reaches the mail server of the settings."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from wallet_api.config import settings
from wallet_api.mail.letter import Letter, message_of
from wallet_api.mail_settings import MailServer

SECONDS = 10.0
"""How long each exchange with the mail server may take."""


def deliver(letter: Letter) -> None:
    """Hand the letter to the mail server.

    Raises OSError, which smtplib's errors are: it was not taken, or nobody knows whether it was;
    ValueError: it is no mail.
    """
    mail = settings().mail
    if mail.server is None:
        raise ConnectionRefusedError("SMTP_URL is not set")
    message = message_of(letter, mail.sender)
    with _session(mail.server) as server:
        server.send_message(message, mail.sender, [letter.to])


@contextmanager
def _session(mail: MailServer) -> Iterator[smtplib.SMTP]:
    trusted = ssl.create_default_context()
    if mail.tls_from_the_start:
        opened: smtplib.SMTP = smtplib.SMTP_SSL(
            mail.host, mail.port, timeout=SECONDS, context=trusted
        )
    else:
        opened = smtplib.SMTP(mail.host, mail.port, timeout=SECONDS)
    with opened as server:
        server.ehlo()
        # Without a fall back to plain text: whoever sits between could take the offer away, and
        # would be sent the password.
        if not mail.tls_from_the_start and (mail.user or server.has_extn("starttls")):
            server.starttls(context=trusted)
            server.ehlo()
        if mail.user:
            server.login(mail.user, mail.password)
        yield server
