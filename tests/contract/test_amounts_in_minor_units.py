"""`amountCents`: integer minor units as the alternative to `amount`, wherever money moves."""

from typing import Any

import jsonschema_rs
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.people import Person, someone

PATHS = ["/wallets/deposit", "/withdrawals"]
DESTINATION = {"/wallets/deposit": {}, "/withdrawals": {"destination": "bank-1"}}


@pytest.fixture
def rich(alice: Person) -> Person:
    assert alice.deposits(1000).status_code == 200
    return alice


def ask(person: Person, path: str, key: str | None = None, **members: Any) -> TestResponse:
    return person.post(path, DESTINATION[path] | members, key)


def send(person: Person, path: str, amount: str) -> TestResponse:
    """`amount` as JSON text."""
    destination = ', "destination": "bank-1"' if path == "/withdrawals" else ""
    return person.send(path, f'{{"amountCents": {amount}{destination}}}'.encode())


def errors(answer: TestResponse) -> dict[str, str]:
    assert (answer.status_code, answer.get_json()["code"]) == (400, "validation_failed")
    return {each["pointer"]: each["detail"] for each in answer.get_json()["errors"]}


@pytest.mark.parametrize("path", PATHS)
def test_minor_units_move_as_they_are(rich: Person, path: str) -> None:
    answer = ask(rich, path, amountCents=10050)

    assert answer.get_json()["amountCents"] == 10050
    assert abs(rich.balance() - 100_000) == 10050


def test_what_comes_out_can_go_in(rich: Person) -> None:
    whole = rich.get("/wallets").get_json()["balanceCents"]

    withdrawn = ask(rich, "/withdrawals", amountCents=whole).get_json()
    returned = ask(rich, "/wallets/deposit", amountCents=withdrawn["amountCents"]).get_json()

    assert (withdrawn["balanceCents"], returned["balanceCents"]) == (0, whole)


def test_sums_of_minor_units_are_exact_where_floats_are_not(rich: Person) -> None:
    refused = rich.deposits(0.1 + 0.2)
    accepted = ask(rich, "/wallets/deposit", amountCents=10 + 20)

    assert errors(refused).keys() == {"/amount"}
    assert accepted.get_json()["amountCents"] == 30


@pytest.mark.parametrize(("currency", "cents"), [("JPY", 1500), ("KWD", 1234), ("USD", 1)])
def test_they_are_of_the_wallets_currency(client: FlaskClient, currency: str, cents: int) -> None:
    person = someone(client, "carol@example.com", currency)

    answer = ask(person, "/wallets/deposit", amountCents=cents, currency=currency)

    assert answer.get_json()["amountCents"] == person.balance() == cents


# JSON Schema calls a number an integer by its value, and some languages write every number so.
@pytest.mark.parametrize("text", ["10050", "10050.0", "1.005e4", "10050.000", "1005000e-2"])
@pytest.mark.parametrize("path", PATHS)
def test_an_integer_is_one_by_its_value(rich: Person, path: str, text: str) -> None:
    assert send(rich, path, text).get_json()["amountCents"] == 10050


BAD = {
    "zero": "0",
    "zero with decimals": "0.0",
    "negative zero": "-0.0",
    "negative": "-1",
    "half a cent": "0.5",
    "a fraction": "10050.5",
    "tiny": "1e-999999",
    "an absurd exponent": "1e999999",
    "one above the maximum": "100000000001",
    "as long as numbers may be": "9" * 64,
    "string": '"10050"',
    "true": "true",
    "null": "null",
    "array": "[10050]",
    "object": '{"$gt": 0}',
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
@pytest.mark.parametrize("path", PATHS)
def test_what_breaks_a_rule_is_named_and_moves_nothing(rich: Person, path: str, text: str) -> None:
    assert errors(send(rich, path, text)).keys() == {"/amountCents"}
    assert rich.balance() == 100_000


def test_the_maximum_is_that_of_major_units(alice: Person) -> None:
    accepted = ask(alice, "/wallets/deposit", amountCents=100_000_000_000)
    refused = ask(alice, "/wallets/deposit", amountCents=100_000_000_001)

    assert accepted.status_code == 200
    assert errors(refused) == {"/amountCents": "Must be at most 100000000000."}


@pytest.mark.parametrize("path", PATHS)
def test_both_or_neither_is_refused(rich: Person, path: str) -> None:
    both = ask(rich, path, amount=1, amountCents=100)
    neither = ask(rich, path)

    told = "Exactly one of `amount` and `amountCents` must be given."
    assert errors(both) == {"/amountCents": told}
    assert errors(neither) == {"/amount": told}
    assert rich.balance() == 100_000


def test_every_bad_member_is_named_beside_them(rich: Person) -> None:
    answer = rich.post("/withdrawals", {"amount": "1", "amountCents": 1.5, "destination": ""})

    assert errors(answer).keys() == {"/amount", "/amountCents", "/destination"}


@pytest.mark.parametrize("first", [{"amount": 100.5}, {"amountCents": 10050}])
@pytest.mark.parametrize("again", [{"amount": 100.50}, {"amountCents": 10050}])
@pytest.mark.parametrize("path", PATHS)
def test_both_ways_to_say_an_amount_are_the_same_request(
    rich: Person, path: str, first: dict[str, Any], again: dict[str, Any]
) -> None:
    answers = [ask(rich, path, "k", **members) for members in (first, again)]

    assert answers[0].get_json() == answers[1].get_json()
    assert answers[1].headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("member", ["amount", "amountCents"])
@pytest.mark.parametrize("path", PATHS)
def test_another_amount_for_a_key_is_called_as_it_was_sent(
    rich: Person, path: str, member: str
) -> None:
    ask(rich, path, "k", amount=1)

    answer = ask(rich, path, "k", **{member: 7})

    assert (answer.status_code, answer.get_json()["differing"]) == (422, [member])
    assert f": {member}" in answer.get_json()["detail"]


@pytest.mark.parametrize("name", ["DepositRequest", "WithdrawalRequest"])
def test_the_document_says_exactly_one_of_the_two(client: FlaskClient, name: str) -> None:
    components = client.get("/openapi.json").get_json()["components"]
    described = {"$ref": f"#/components/schemas/{name}", "components": components}
    rest = {"destination": "bank-1"} if name == "WithdrawalRequest" else {}

    schema = jsonschema_rs.Draft202012Validator(described)

    assert schema.is_valid(rest | {"amount": 100.5})
    assert schema.is_valid(rest | {"amountCents": 10050})
    assert schema.is_valid(rest | {"amountCents": 10050.0})
    assert not schema.is_valid(rest)
    assert not schema.is_valid(rest | {"amount": 1, "amountCents": 100})
    assert not schema.is_valid(rest | {"amountCents": 10050.5})


@pytest.mark.parametrize("name", ["DepositRequest", "WithdrawalRequest"])
def test_generators_see_a_double_and_a_long_and_no_choice_of_classes(
    client: FlaskClient, name: str
) -> None:
    shape = client.get("/openapi.json").get_json()["components"]["schemas"][name]

    types = {each: shape["properties"][each] for each in ("amount", "amountCents")}
    assert (types["amount"]["type"], types["amount"]["format"]) == ("number", "double")
    assert (types["amountCents"]["type"], types["amountCents"]["format"]) == ("integer", "int64")
    assert shape.keys() & {"oneOf", "anyOf", "allOf"} == set()
