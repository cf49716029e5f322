"""What several files of the contract's tests look at."""

import json
from typing import Any

import pytest
from flask import Flask

from tests.support.lists import keep_busy
from tests.support.people import Person
from wallet_api.openapi import document as openapi_document


@pytest.fixture
def document(app: Flask) -> dict[str, Any]:
    return json.loads(json.dumps(openapi_document.document(app)))


@pytest.fixture
def busy(alice: Person, monkeypatch: pytest.MonkeyPatch) -> Person:
    keep_busy(alice, monkeypatch)
    return alice
