"""Databases of the time before payouts: of this project's code then, and of the Node original.

`before_payouts.json` is what the code of that time left, served by gunicorn and then killed: Ada's
outbox still holds three withdrawals, a refusal, a deposit and a refund that nobody has copied.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bson import json_util
from pymongo.database import Database

from tests.moving_in import original

Body = dict[str, Any]


def withdrawal(amount: float, destination: str = "bank-account-0001") -> Body:
    return {"amount": amount, "destination": destination}


@dataclass(frozen=True)
class Old:
    """A database, and what its Ada had done."""

    dumped: Path
    email: str
    password: str
    cents: int
    """Her balance."""
    paid: Mapping[str, Body]
    """Her withdrawals that have succeeded, by their keys."""
    reversed: Mapping[str, Body]
    """Those that came back."""
    refused: Mapping[str, Body]

    def load(self, db: Database, cleared: Callable[[Database], None] = original.empty) -> None:
        """All of it, its indexes too, and nothing else."""
        cleared(db)
        for name, dumped in json_util.loads(
            self.dumped.read_text(), json_options=json_util.JSONOptions(tz_aware=True)
        ).items():
            db[name].insert_many(dumped["documents"])
            for index in dumped["indexes"]:
                options = {k: v for k, v in index.items() if k not in ("v", "key")}
                db[name].create_index(list(index["key"].items()), **options)


BOB = "6b07a9ec7942591f3f3f35cd"

CODE_BEFORE_PAYOUTS = Old(
    dumped=Path(__file__).with_name("before_payouts.json"),
    email="ada@example.com",
    password="a long enough secret",
    cents=952_75,
    paid={
        "rent": withdrawal(30.25),
        "wallet": withdrawal(5, f"wallet:{BOB}"),
        "uncle": withdrawal(6, "wallet:of my uncle"),
        "bank": withdrawal(7, "bank:of england"),
        "waiting": withdrawal(2),
        "waiting-wallet": withdrawal(4, f"wallet:{BOB}"),
    },
    reversed={"returned": withdrawal(20)},
    refused={"yacht": withdrawal(99999), "castle": withdrawal(88888)},
)
NODE_ORIGINAL = Old(
    dumped=original.DUMPED,
    email=original.ADA,
    password=original.ADAS_PASSWORD,
    cents=original.ADAS_CENTS,
    paid={original.RENT_KEY: original.RENT, "quoted-key": original.QUOTED},
    reversed={},
    refused={"yacht": original.YACHT},
)
OLD = {"code before payouts": CODE_BEFORE_PAYOUTS, "the Node original": NODE_ORIGINAL}
