"""Two texts never differ by invisible characters alone: dropped at the ends, refused inside."""

import re
import time
import unicodedata
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.people import Person
from wallet_api.errors import InvalidInput
from wallet_api.web.fields import Text
from wallet_api.web.schema import InputSchema

DEFAULT_IGNORABLE = (
    *((0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5)),
    *((0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164)),
    *((0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8)),
    *((0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF)),
)
"""DerivedCoreProperties.txt of Unicode 16.0.0: "Total code points: 4174"."""
VISIBLE_FORMATS = (
    *range(0x600, 0x606),
    *(0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD),
    *range(0x13430, 0x13440),
)
"""Of the category Cf, and drawn: signs before numbers, and how hieroglyphs stand together."""
ANNOTATIONS = ("\ufff9", "\ufffa", "\ufffb")

WORDS = {
    "Hindi, a half form": "\u0915\u094d\u200d\u0937",
    "Hindi, a visible virama": "\u0915\u094d\u200c\u0937",
    "Bengali, r before y": "\u09b0\u200d\u09cd\u09af\u09be\u09ac",
    "Marathi, the eyelash": "\u0926\u0930\u094d\u200d\u092f\u093e",
    "Malayalam, a chillu at a word's end": "\u0d05\u0d28\u0d4d\u200d \u0d35\u0d28\u0d4d",
    "Sinhala": "\u0dc1\u0dca\u200d\u0dbb\u0dd3",
    "Kannada": "\u0cb0\u200d\u0ccd\u0cb5",
    "Persian": "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
    "Persian, after a letter that never joins": "\u06a9\u0627\u0631\u200c\u0647\u0627",
    "Khmer": "\u1785\u17d2\u200c\u1799",
}

STRAY_JOINERS = {
    "Latin": "ba\u200dnk",
    "digits": "12\u200c34",
    "Devanagari digits": "\u0967\u200d\u0968",
    "after a space": "\u0915 \u200d\u0937",
    "before a space": "\u0915\u200d \u0937",
    "two of them": "\u0915\u094d\u200d\u200d\u0937",
    "before another script": "\u0915\u200dA",
    "Chinese": "\u94f6\u200d\u884c",
    "a family of emoji": "\U0001f468\u200d\U0001f469 x",
}


class Sentence(InputSchema):
    text = Text(200, required=True)


READ = Sentence()


def read(text: str) -> str | None:
    """The text as it is kept, None where it is refused."""
    try:
        return READ.read({"text": text})["text"]
    except InvalidInput:
        return None


def ignorable() -> Iterator[str]:
    for first, last in DEFAULT_IGNORABLE:
        yield from map(chr, range(first, last + 1))


def withdraw(person: Person, destination: str, key: str | None = None) -> TestResponse:
    return person.withdraws(1, key, destination=destination)


def problem(answer: TestResponse) -> tuple[int, dict[str, str]]:
    return answer.status_code, answer.get_json()["errors"][0]


@pytest.fixture
def rich(alice: Person) -> Person:
    assert alice.deposits(1000).status_code == 200
    return alice


def test_the_list_is_whole() -> None:
    """Held against what Python itself knows: every format character is in it, or is drawn."""
    listed = set(ignorable())
    formats = {chr(n) for n in range(0x110000) if unicodedata.category(chr(n)) == "Cf"}

    assert len(listed) == 4174
    assert formats - listed == set(map(chr, VISIBLE_FORMATS)) & formats | set(ANNOTATIONS)


def test_every_one_of_them_is_dropped_at_the_ends() -> None:
    kept = {each: read(f" {each}bank 1{each} {each}") for each in (*ignorable(), *ANNOTATIONS)}

    assert {each for each, text in kept.items() if text != "bank 1"} == set()


def test_every_one_of_them_is_refused_inside() -> None:
    kept = {each: read(f"ba{each}nk") for each in (*ignorable(), *ANNOTATIONS)}

    assert {each for each, text in kept.items() if text is not None} == set()


@pytest.mark.parametrize("unseen", ["\u200b", "\ufeff\u00ad", "\u3164", "\u2800", " \u200d "])
def test_a_destination_that_nobody_sees_is_blank(rich: Person, unseen: str) -> None:
    told = problem(withdraw(rich, unseen))

    assert told == (400, {"pointer": "/destination", "detail": "Must not be blank."})
    assert rich.balance() == 100_000


@pytest.mark.parametrize("mark", ["\ufeff", "\u200e", "\u202a", "\u200b"])
def test_a_retry_without_the_mark_that_was_pasted_is_the_same_request(
    rich: Person, mark: str
) -> None:
    pasted = withdraw(rich, f"{mark}IN29 HDFC 0001", "k")
    typed = withdraw(rich, "IN29 HDFC 0001", "k")

    assert pasted.get_json()["destination"] == "IN29 HDFC 0001"
    assert typed.get_json() == pasted.get_json()
    assert typed.headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("unseen", ["\u200b", "\u00ad", "\ufe0f", "\U000e0041", "\u115f", "\u2028"])
def test_a_refusal_names_the_character(rich: Person, unseen: str) -> None:
    status, told = problem(withdraw(rich, f"ba{unseen}nk"))

    assert (status, told["pointer"]) == (400, "/destination")
    assert told["detail"] == f"Must not contain invisible characters: U+{ord(unseen):04X}."


@pytest.mark.parametrize("word", WORDS.values(), ids=WORDS)
def test_a_joiner_stays_in_a_word_that_needs_it(rich: Person, word: str) -> None:
    assert withdraw(rich, f"to {word} 1").get_json()["destination"] == f"to {word} 1"


@pytest.mark.parametrize("text", STRAY_JOINERS.values(), ids=STRAY_JOINERS)
def test_a_joiner_anywhere_else_is_refused(rich: Person, text: str) -> None:
    assert problem(withdraw(rich, text))[0] == 400


def test_names_are_texts_too(client: FlaskClient) -> None:
    person: dict[str, Any] = {"email": "ada@example.com", "password": "correct horse battery"}
    names = {"firstName": "\ufeffA\u00adda", "lastName": "\u200b"}

    answer = client.post("/auth/register", json=person | names)

    pointers = [each["pointer"] for each in answer.get_json()["errors"]]
    assert (answer.status_code, sorted(pointers)) == (400, ["/firstName", "/lastName"])


@pytest.mark.slow
def test_the_pattern_in_the_document_is_true_of_every_character(client: FlaskClient) -> None:
    """As far as it goes: U+FFFF. Where a joiner may be, it does not say."""
    schemas = client.get("/openapi.json").get_json()["components"]["schemas"]
    pattern = re.compile(schemas["WithdrawalRequest"]["properties"]["destination"]["pattern"])

    untrue = [
        text
        for code in range(0x10000)
        if not (0xD800 <= code < 0xE000 or code in (0x200C, 0x200D))
        for text in (chr(code), f"{chr(code)}a", f"a{chr(code)}", f"a{chr(code)}a")
        if (read(text) is not None) is not (pattern.fullmatch(text) is not None)
    ]

    assert untrue == []


@pytest.mark.parametrize("text", ["\u200b" * 20_000 + "a", "a" + "\u200b" * 20_000 + "a"])
def test_a_long_run_of_them_takes_no_time(text: str) -> None:
    started = time.perf_counter()

    read(text)

    assert time.perf_counter() - started < 0.1
