"""One form for all the ways to write the same email address."""

import unicodedata

from email_validator import EmailNotValidError, validate_email

from wallet_api.errors import InvalidInput
from wallet_api.invisible import invisible_in, trimmed

MAX_LENGTH = 254
"""Characters, and octets of the canonical form (RFC 5321, section 4.5.3.1.3, less the brackets)."""


def canonical(email: str) -> str:
    """The address under which its user is known, whatever its case or Unicode form.

    "Ünï@BÜCHER.example" and its decomposed and full-width spellings -> "ünï@xn--bcher-kva.example".
    The local part is case-folded and NFKC-normalised (UTS #39, section 3.3, email security
    profiles): RFC 5321 lets a host tell "A@" from "a@", but no two people should be told apart
    by that. The domain is mapped by IDNA (UTS #46) to its A-labels, and not case-folded, since
    "straße" and "strasse" are two domains. Canonical of canonical is the same.

    Raises InvalidInput: not an email address, or too long.
    """
    # Before any work that grows with the length.
    if len(email) > MAX_LENGTH:
        raise _invalid(f"Must have {MAX_LENGTH} characters at most.")
    local, at, domain = trimmed(unicodedata.normalize("NFKC", email)).rpartition("@")
    # Fillers are letters to the validator.
    if invisible_in(local) is not None:
        raise _invalid("Must be an email address.")
    folded = unicodedata.normalize("NFKC", local.casefold())
    try:
        # Nothing is asked of the DNS: a mail server finds out. RFC 6761's .test is welcome.
        checked = validate_email(
            folded + at + domain,
            check_deliverability=False,
            test_environment=True,
            strict=True,
        )
    except (EmailNotValidError, UnicodeError):
        raise _invalid("Must be an email address.") from None
    address = f"{checked.local_part}@{checked.ascii_domain}"
    if len(address.encode()) > MAX_LENGTH:
        raise _invalid(f"Must have {MAX_LENGTH} characters at most.")
    return address


def _invalid(detail: str) -> InvalidInput:
    return InvalidInput([("/email", detail)])
