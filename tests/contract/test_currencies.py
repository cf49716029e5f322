"""Which currencies there are: all that people pay with, each with ISO 4217's decimals."""

import iso4217
import pytest
from flask.testing import FlaskClient

from tests.support.people import someone
from wallet_api.iso_4217 import UNITS_OF_ACCOUNT
from wallet_api.money import DECIMALS

FIRST_SIXTY = {
    0: "CLP ISK JPY KRW PYG RWF UGX VND XAF XOF XPF",
    2: "AED AUD BRL CAD CHF CNY CZK DKK EGP EUR GBP GHS HKD HUF IDR ILS INR KES LKR MAD MXN MYR "
    "NGN NOK NPR NZD PEN PHP PKR PLN QAR RON SAR SEK SGD THB TRY TWD TZS UAH USD ZAR",
    3: "BHD IQD JOD KWD LYD OMR TND",
}

LEFT_OUT = {
    "metals": "XAG XAU XPD XPT",
    "bond units": "XBA XBB XBC XBD",
    "money of banks among themselves": "XDR XSU XUA XAD",
    "funds": "BOV CHE CHW CLF COU MXV USN UYI UYW",
    "for tests": "XTS",
    "no currency": "XXX",
    "retired": "ANG BGN CUC DEM FRF HRK LTL MRO SLL STD VEF ZMK ZWL",
    "never of ISO 4217": "BTC USDT XBT CNH GGP",
}


def test_the_list_says_code_decimals_and_name_of_each(client: FlaskClient) -> None:
    answer = client.get("/currencies")

    listed = answer.get_json()["data"]
    assert answer.status_code == 200
    assert {"code": "INR", "decimals": 2, "name": "Indian Rupee"} in listed
    assert {"code": "JPY", "decimals": 0, "name": "Yen"} in listed
    assert {"code": "KWD", "decimals": 3, "name": "Kuwaiti Dinar"} in listed
    assert [each["code"] for each in listed] == sorted(DECIMALS)
    assert {each["code"]: each["decimals"] for each in listed} == DECIMALS


def test_the_list_may_be_cached_and_need_not_be_fetched_twice(client: FlaskClient) -> None:
    answer = client.get("/currencies")
    again = client.get("/currencies", headers={"If-None-Match": answer.headers["ETag"]})

    assert answer.headers["Cache-Control"] == "public, max-age=86400"
    assert (again.status_code, again.data) == (304, b"")


def test_all_active_currencies_are_there(client: FlaskClient) -> None:
    assert len(client.get("/currencies").get_json()["data"]) == 155


def test_the_currencies_of_the_first_version_are_what_they_were() -> None:
    first = {code: places for places, codes in FIRST_SIXTY.items() for code in codes.split()}

    assert len(first) == 60
    assert {code: DECIMALS[code] for code in first} == first


@pytest.mark.parametrize(("why", "codes"), LEFT_OUT.items(), ids=LEFT_OUT)
def test_a_code_that_nobody_pays_with_is_no_currency(
    client: FlaskClient, why: str, codes: str
) -> None:
    listed = {each["code"] for each in client.get("/currencies").get_json()["data"]}

    assert listed & set(codes.split()) == set(), why


def test_nothing_is_left_out_but_for_a_reason() -> None:
    every_code = {each.code for each in iso4217.Currency}

    left_out = every_code - DECIMALS.keys()

    assert left_out <= {code for codes in LEFT_OUT.values() for code in codes.split()}
    # What the list itself calls a fund, and two that it calls nothing.
    funds = {
        entry.findtext("Ccy")
        for entry in iso4217.raw_xml.iter("CcyNtry")
        if (name := entry.find("CcyNm")) is not None and name.get("IsFund") == "true"
    }
    assert UNITS_OF_ACCOUNT.keys() == funds | {"UYW", "XAD"}


# Browsers' Intl (CLDR) shows 0 decimals for all of these but the last.
@pytest.mark.parametrize(
    ("code", "decimals"), [("IQD", 3), ("HUF", 2), ("IDR", 2), ("PKR", 2), ("CLP", 0)]
)
def test_decimals_are_those_of_iso_4217_where_others_differ(code: str, decimals: int) -> None:
    assert DECIMALS[code] == decimals


@pytest.mark.parametrize(
    ("code", "amount", "cents"), [("COP", 10.5, 1050), ("BIF", 7, 7), ("XCG", 1, 100)]
)
def test_a_wallet_may_hold_any_of_them(
    client: FlaskClient, code: str, amount: float, cents: int
) -> None:
    person = someone(client, "carol@example.com", code)

    answer = person.deposits(amount)

    assert (answer.get_json()["currency"], answer.get_json()["amountCents"]) == (code, cents)
