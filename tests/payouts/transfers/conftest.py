"""Somebody who has money to send."""

import pytest
from flask.testing import FlaskClient

from tests.support.people import Person, someone


@pytest.fixture
def ada(client: FlaskClient) -> Person:
    """Has 100.00."""
    ada = someone(client, "ada@example.com")
    assert ada.deposits(100).status_code == 200
    return ada
