"""The original's database in the place of an empty one."""

from collections.abc import Iterator

import pytest
from pymongo.database import Database

from tests.moving_in import original


@pytest.fixture
def twin(db: Database) -> Iterator[Database]:
    """As the Express twin left it, before anything is migrated."""
    original.load(db)
    yield db
    original.empty(db)
