"""What a body may be: exact JSON numbers, readable strings, known members, and nothing else."""

import json

import pytest
from werkzeug.test import TestResponse

from tests.support.people import Person

BAD_AMOUNTS = {
    "an absurd exponent": "1e999999999",
    "an absurd negative exponent": "1e-999999999",
    "zero": "0",
    "zero with decimals": "0.00",
    "negative zero": "-0.0",
    "negative": "-5",
    "a cent below zero": "-0.01",
    "a decimal too many": "10.005",
    "tiny": "1e-99",
    "a cent above the maximum": "1000000000.01",
    "far above the maximum": "1e30",
    "as long as numbers may be": "9" * 64,
    "string": '"100"',
    "string with an operator": '"$gt"',
    "true": "true",
    "false": "false",
    "null": "null",
    "array": "[100]",
    "object": '{"$gt": 0}',
    "empty object": "{}",
}

NOT_JSON_AMOUNTS = {
    "NaN": "NaN",
    "Infinity": "Infinity",
    "-Infinity": "-Infinity",
    "hexadecimal": "0x10",
    "leading zero": "007",
    "leading plus": "+5",
    "no digit before the point": ".5",
    "no digit after the point": "5.",
    "a longer number": "1" * 65,
    "an absurd number": "9" * 60_000,
    "absurdly many decimals": "0." + "1" * 60_000,
    "an exponent beyond all numbers": "1e9999999999999999999",
    "an exponent beyond Decimal": "1e99999999999999999999",
    "arabic digits": "\u0661\u0660",
    "full-width digits": "\uff11\uff10",
}

BAD_TEXTS = {
    "number": "5",
    "true": "true",
    "null": "null",
    "array": '["bank"]',
    "object": '{"$ne": ""}',
    "empty": '""',
    "blank": '"   "',
    "blank in Unicode": r'"\u2003\u00a0"',
    "NUL": r'"a\u0000b"',
    "line break": r'"a\nb"',
    "escape": r'"\u001b[31m"',
    "delete": r'"a\u007fb"',
    "C1 control": r'"a\u0085b"',
    "lone high surrogate": r'"a\ud800b"',
    "lone low surrogate": r'"a\udc00"',
    "direction override": r'"a\u202eb"',
    "201 characters": '"' + "x" * 201 + '"',
}

GOOD_TEXTS = {
    "plain": ('"bank-1"', "bank-1"),
    "trimmed": ('"  bank 1 "', "bank 1"),
    "escaped": (r'"bank \"1\" \\"', 'bank "1" \\'),
    "Hindi": ('"बैंक"', "बैंक"),
    "a surrogate pair": (r'"\ud83d\udcb8"', "💸"),
    "operator-like": ('"$where"', "$where"),
    "200 characters": ('"' + "é" * 200 + '"', "é" * 200),
}


def withdraw(person: Person, amount: str = "1", destination: str = '"bank"') -> TestResponse:
    body = f'{{"amount": {amount}, "destination": {destination}}}'
    return person.send("/withdrawals", body.encode())


def deposit(person: Person, amount: str) -> TestResponse:
    return person.send("/wallets/deposit", f'{{"amount": {amount}}}'.encode())


def told(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["code"]


def pointers(answer: TestResponse) -> list[str]:
    assert told(answer) == (400, "validation_failed")
    return [error["pointer"] for error in answer.get_json()["errors"]]


@pytest.fixture
def rich(alice: Person) -> Person:
    assert alice.deposits(1000).status_code == 200
    return alice


@pytest.mark.parametrize("amount", BAD_AMOUNTS.values(), ids=BAD_AMOUNTS)
def test_an_amount_that_breaks_a_rule_is_named_and_moves_nothing(rich: Person, amount: str) -> None:
    answers = [deposit(rich, amount), withdraw(rich, amount)]

    assert [pointers(answer) for answer in answers] == [["/amount"], ["/amount"]]
    assert rich.balance() == 100_000


@pytest.mark.parametrize("amount", NOT_JSON_AMOUNTS.values(), ids=NOT_JSON_AMOUNTS)
def test_what_is_no_json_number_is_malformed_and_moves_nothing(rich: Person, amount: str) -> None:
    answers = [deposit(rich, amount), withdraw(rich, amount)]

    assert [told(answer) for answer in answers] == [(400, "malformed_json")] * 2
    assert rich.balance() == 100_000


@pytest.mark.parametrize("text", BAD_TEXTS.values(), ids=BAD_TEXTS)
def test_a_destination_that_breaks_a_rule_is_named(rich: Person, text: str) -> None:
    answer = withdraw(rich, destination=text)

    assert pointers(answer) == ["/destination"]
    assert rich.balance() == 100_000


@pytest.mark.parametrize(("text", "kept"), GOOD_TEXTS.values(), ids=GOOD_TEXTS)
def test_a_readable_destination_is_kept_as_it_is(rich: Person, text: str, kept: str) -> None:
    answer = withdraw(rich, destination=text)

    assert (answer.status_code, answer.get_json()["destination"]) == (201, kept)
    identifier = answer.get_json()["id"]
    assert rich.get(f"/withdrawals/{identifier}").get_json()["destination"] == kept


@pytest.mark.parametrize(
    "currency",
    [
        *("5", "null", "true", '""', '"XYZ"', '"₹"', '"INRR"', '["INR"]', '{"$ne": 1}', '"XAU"'),
        # Upper-cased, the first two are INR and ISK.
        *('"\u0131nr"', '"i\u017fk"', '"\uff29\uff2e\uff32"', '"INR "'),
    ],
)
def test_a_currency_that_is_none_is_named(rich: Person, currency: str) -> None:
    body = f'{{"amount": 1, "currency": {currency}}}'.encode()

    assert pointers(rich.send("/wallets/deposit", body)) == ["/currency"]


def test_every_bad_member_is_named_at_once(rich: Person) -> None:
    body = {"amount": "1", "currency": "XYZ", "destination": "", "speed": "fast"}

    answer = rich.post("/withdrawals", body)

    assert sorted(pointers(answer)) == ["/amount", "/currency", "/destination", "/speed"]


def test_missing_members_are_named(rich: Person) -> None:
    assert sorted(pointers(rich.post("/withdrawals", {}))) == ["/amount", "/destination"]
    assert pointers(rich.post("/wallets/deposit", {})) == ["/amount"]


@pytest.mark.parametrize("name", ["balanceCents", "user", "$set", "a.b", "__proto__", "Amount", ""])
def test_an_unknown_member_is_refused(rich: Person, name: str) -> None:
    answer = rich.deposits(1, **{name: 1})

    assert pointers(answer) == [f"/{name}"]
    assert rich.balance() == 100_000


def test_pointers_are_escaped_and_short(rich: Person) -> None:
    answer = rich.deposits(1, **{"a/b~c": 1, "x" * 5000: 1})

    assert sorted(pointers(answer)) == ["/a~1b~0c", "/" + "x" * 100]


@pytest.mark.parametrize("half", [r"\ud800", r"a\udfffb", r"\udc00\ud800"])
def test_a_member_named_by_half_a_surrogate_pair_is_named_by_it(rich: Person, half: str) -> None:
    unknown = f'{{"amount": 1, "{half}": 1}}'.encode()
    twice = f'{{"amount": 1, "{half}": 1, "{half}": 1}}'.encode()

    answers = [rich.send("/wallets/deposit", body) for body in (unknown, twice)]

    assert [pointers(answer) for answer in answers] == [["/" + json.loads(f'"{half}"')]] * 2
    assert rich.balance() == 100_000


def test_each_of_a_hundred_members_is_named(rich: Person) -> None:
    names = [f"unknown-{number}" for number in range(99)]

    answer = rich.deposits(1, **dict.fromkeys(names, 1))

    assert sorted(pointers(answer)) == sorted(f"/{name}" for name in names)


@pytest.mark.parametrize(
    "body", [b'{"amount": 1, "amount": 2}', rb'{"amount": 1, "\u0061mount": 1}']
)
def test_a_duplicate_member_is_refused(rich: Person, body: bytes) -> None:
    assert pointers(rich.send("/wallets/deposit", body)) == ["/amount"]
    assert rich.balance() == 100_000


@pytest.mark.parametrize("body", [b"[]", b"5", b'"amount"', b"null", b"true", b'[{"amount": 1}]'])
def test_a_body_that_is_no_object_is_refused(rich: Person, body: bytes) -> None:
    assert pointers(rich.send("/wallets/deposit", body)) == [""]


NAMES = [f'"{number}": 1' for number in range(5_000)]

MALFORMED = {
    "empty": b"",
    "half": b'{"amount": 1',
    "trailing comma": b'{"amount": 1,}',
    "single quotes": b"{'amount': 1}",
    "comment": b'{"amount": 1} // thanks',
    "two values": b'{"amount": 1}{"amount": 1}',
    "form": b"amount=1",
    "not UTF-8": b'{"amount": 1, "currency": "\xff"}',
    "an overlong encoding": b'{"amount": 1, "currency": "\xc0\xaf"}',
    "an encoded surrogate": b'{"amount": 1, "currency": "\xed\xa0\x80"}',
    "UTF-16": '{"amount": 1}'.encode("utf-16"),
    "byte order mark": b'\xef\xbb\xbf{"amount": 1}',
    "NUL": b'{"amount": 1}\x00',
    "raw control character": b'{"amount": 1, "currency": "a\x01"}',
    "deep arrays": b"[" * 60_000,
    "deep closed arrays": b"[" * 30_000 + b"]" * 30_000,
    "deep objects": b'{"a":' * 12_000,
    "deep objects as an amount": b'{"amount":' * 6_000 + b"1" + b"}" * 5_000,
    "101 members": f"{{{', '.join(NAMES[:101])}}}".encode(),
    # Each was looked for among all the others, for seconds.
    "thousands of members": f"{{{', '.join(NAMES)}}}".encode(),
    "thousands of members, one of them twice": f"{{{', '.join([*NAMES, NAMES[0]])}}}".encode(),
    "thousands of members in a member": f'{{"amount": {{{", ".join(NAMES)}}}}}'.encode(),
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
def test_what_is_no_json_is_malformed(rich: Person, body: bytes) -> None:
    assert told(rich.send("/wallets/deposit", body)) == (400, "malformed_json")
    assert rich.balance() == 100_000


@pytest.mark.parametrize("depth", [2, 50, 200])
def test_a_nested_amount_is_refused_at_any_depth(rich: Person, depth: int) -> None:
    assert pointers(deposit(rich, "[" * depth + "]" * depth)) == ["/amount"]


def test_who_is_calling_is_asked_before_what_they_want(rich: Person) -> None:
    headers = {"Content-Type": "application/json"}

    answer = rich.client.post("/wallets/deposit", data=b"{", headers=headers)

    assert told(answer) == (401, "unauthenticated")
