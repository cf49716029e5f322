"""What a log line may not hold is taken out of it: who, how to log in, what for, where to."""

import re
from collections.abc import Iterable

_EMAIL = re.compile(
    r"""([^\s"'<>()\[\]{},;:=@/\\])[^\s"'<>()\[\]{},;:=@/\\]{0,80}?(?:@|%40)([\w.-]+)"""
)
_PATTERNS = (
    # Tokens of all kinds; a hash of a password; the credentials of a database's URI.
    (re.compile(r"\beyJ[\w-]*\.[\w-]+\.[\w-]*"), "[token]"),
    (re.compile(r"\b(?:wr_[\w-]{16,}|wk_[0-9a-f]{16,})"), "[token]"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[^\s'\"]+"), r"\1 [token]"),
    (re.compile(r"\$(?:argon2\w*|2[abxy])\$[^\s'\"]+"), "[hash]"),
    (re.compile(r"(?i)(mongodb(?:\+srv)?://)[^/\s'\"]*@"), r"\1[credentials]@"),
    # A query string: it may hold an idempotency key.
    (re.compile(r"(/[^\s?'\"]*)\?[^\s'\"]+"), r"\1?..."),
    # What MongoDB quotes of a document.
    (re.compile(r"dup key: \{.*\}"), "dup key: {...}"),
    (re.compile(r",? ?full error: \{.*", re.DOTALL), ""),
    (_EMAIL, r"\1***@\2"),
)

MAX_LENGTH = 4000
"""Characters of one text; a longer one is cut."""

MIN_LENGTH = 3
"""Shorter values of a request are not looked for: they are in every other word."""


def masked_email(email: str) -> str:
    """ada@example.com -> a***@example.com"""
    return f"{email[:1]}***@{email.rpartition('@')[2]}"


def redacted(text: str) -> str:
    """Without what can be told by its form: emails, tokens, hashes, credentials, query strings."""
    text = text[:MAX_LENGTH]
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def without_values(text: str, values: Iterable[tuple[str, str]]) -> str:
    """Without these (name, value), the longest first: one may be a part of another."""
    for name, value in sorted(values, key=lambda pair: -len(pair[1])):
        if len(value) >= MIN_LENGTH:
            text = text.replace(value, f"[{name}]")
    return text


def escaped(text: str) -> str:
    """On one line: whatever a terminal would not print as a character is written as its escape."""
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode("ascii")
        for each in text
    )
