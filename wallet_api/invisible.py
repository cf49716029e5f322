"""Characters that nobody sees: two texts must not differ by them alone."""

import re
import unicodedata
from collections.abc import Iterable
from itertools import chain

# Default_Ignorable_Code_Point of Unicode's DerivedCoreProperties.txt: 4174 code points, reserved
# ones among them. Soft hyphen, fillers, marks and overrides of direction, variation selectors, the
# byte order mark, tags. Written so that Python and ECMA-262 both read it.
_JOINERS = r"\u200c\u200d"
_IGNORABLE = (
    r"\xad\u034f\u061c\u115f-\u1160\u17b4-\u17b5\u180b-\u180f\u200b\u200e-\u200f\u202a-\u202e"
    r"\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8"
)
_IGNORABLE_ABOVE = r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"

_ANNOTATION = r"\ufff9-\ufffb"
_LINE_ENDS = r"\u2028\u2029"
_WHITE = rf" \xa0\u1680\u2000-\u200a{_LINE_ENDS}\u202f\u205f\u3000"
# A cell of Braille without a dot and a note without a head: symbols that are drawn as nothing.
_BLANK, _BLANK_ABOVE = r"\u2800", r"\U0001d159"

# Whose words need joiners (UAX #31, section 2.3.1): Arabic, Syriac, N'Ko, Mandaic, the scripts of
# India and Sri Lanka, Khmer, Mongolian.
_JOINED_SCRIPTS = chain(
    *(range(0x600, 0x780), range(0x7C0, 0x800), range(0x840, 0xE00)),
    *(range(0x1780, 0x1800), range(0x1810, 0x18B0)),
)
_VIRAMA = 9
"""The combining class of the signs that take the vowel of a consonant away."""

_LETTERS = [
    code
    for code in _JOINED_SCRIPTS
    if unicodedata.category(chr(code))[0] in "LM" and not re.match(f"[{_IGNORABLE}]", chr(code))
]


def _ranges(codes: Iterable[int]) -> str:
    """Ascending code points as ranges of a regular expression's class."""
    found: list[list[int]] = []
    for code in codes:
        if found and found[-1][1] == code - 1:
            found[-1][1] = code
        else:
            found.append([code, code])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in found)


_LETTER = _ranges(_LETTERS)
_AFTER_VIRAMA = _ranges(code for code in _LETTERS if unicodedata.combining(chr(code)) == _VIRAMA)

_ALL = rf"{_IGNORABLE}{_IGNORABLE_ABOVE}{_ANNOTATION}"
_AT_ENDS = re.compile(rf"[{_WHITE}{_ALL}{_JOINERS}{_BLANK}{_BLANK_ABOVE}]*")
# A joiner stays between two letters of such a script, and after a virama.
_STRAY_JOINER = rf"(?<![{_LETTER}])[{_JOINERS}]|(?<![{_AFTER_VIRAMA}])[{_JOINERS}](?![{_LETTER}])"
_INSIDE = re.compile(rf"[{_ALL}{_LINE_ENDS}]|{_STRAY_JOINER}")

# Those of all the above that str.isprintable() takes for printable.
_PRINTABLE = re.compile(
    r"[\u034f\u115f-\u1160\u17b4-\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0"
    rf"\U000e0100-\U000e01ef{_BLANK}{_BLANK_ABOVE}]"
)

_CONTROLS = r"\x00-\x1f\x7f-\x9f"
CONTROL = re.compile(rf"[{_CONTROLS}\ud800-\udfff]")
"""Or half a surrogate pair: a byte of a command line that is no UTF-8 is read as one."""

_UNSEEN = rf"{_CONTROLS}{_WHITE}{_IGNORABLE}{_ANNOTATION}{_JOINERS}{_BLANK}"
_END = rf"[{_WHITE}{_IGNORABLE}{_ANNOTATION}{_JOINERS}{_BLANK}]*"
_WITHIN = rf"[^{_CONTROLS}{_LINE_ENDS}{_IGNORABLE}{_ANNOTATION}]*"
PATTERN = rf"^{_END}[^{_UNSEEN}]({_WITHIN}[^{_UNSEEN}])?{_END}$"
"""What a text is, for ECMA-262, with or without its flag `u`.

Silent about the characters above U+FFFF, of which no range can be written for both, and about the
place of joiners.
"""


def is_plain(text: str) -> bool:
    """Whether nothing in it is a control or invisible but for spaces: so are most texts. Quick."""
    return text.isprintable() and (text.isascii() or _PRINTABLE.search(text) is None)


def trimmed(text: str) -> str:
    """Without white space and invisible characters at its ends. Takes linear time."""
    if is_plain(text):
        return text.strip()
    start = _unseen_at_start(text)
    return text[start : len(text) - _unseen_at_start(text[start:][::-1])]


def _unseen_at_start(text: str) -> int:
    found = _AT_ENDS.match(text)
    return found.end() if found else 0


def invisible_in(text: str) -> str | None:
    """The first character of a trimmed text that nobody sees and no word needs; None if none is."""
    found = _INSIDE.search(text)
    return found[0] if found else None
