"""What a mail looks like: plain text to one address."""

from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import localtime, make_msgid


@dataclass(frozen=True, slots=True)
class Letter:
    to: str
    subject: str
    text: str


def message_of(letter: Letter, sender: str) -> EmailMessage:
    """The mail. Its headers hold nothing that a user has written but the address.

    Raises ValueError: the address would break out of its header.
    """
    policy = SMTP if letter.to.isascii() else SMTPUTF8
    message = EmailMessage(policy)
    message["From"] = sender
    local, _, domain = letter.to.rpartition("@")
    message["To"] = Address(username=local, domain=domain)
    message["Subject"] = letter.subject
    message["Date"] = localtime()
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence answers it
    message.set_content(letter.text)
    return message
