"""What a spreadsheet takes for a formula, so that no CSV of ours makes it run one."""

import re

# OWASP, CSV Injection; the full-width signs too. Where numbers have a decimal comma, cells are
# separated by semicolons.
_FORMULA = re.compile("(^|[;\t\r\n]) *(?=[=+@\t\r\n\uff1d\uff0b\uff0d\uff20-])")


def is_formula(words: str) -> bool:
    return _FORMULA.search(words) is not None


def as_text(words: str) -> str:
    """The same; where a spreadsheet would run it, it begins with an apostrophe."""
    # Nearly nothing is one, and looking takes a third of replacing.
    return _FORMULA.sub(r"\g<0>'", words) if is_formula(words) else words
