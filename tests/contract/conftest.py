"""What several files of the contract's tests look at."""

import json
from typing import Any

import pytest
from flask import Flask

from wallet_api.openapi import document as openapi_document


@pytest.fixture
def document(app: Flask) -> dict[str, Any]:
    return json.loads(json.dumps(openapi_document.document(app)))
