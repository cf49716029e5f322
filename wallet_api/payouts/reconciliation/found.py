"""What has been found, on disk, and told in an order that does not depend on the list's."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from wallet_api.payouts.reconciliation.findings import Finding, Kind
from wallet_api.payouts.reconciliation.scratch import scratch

_SCHEMA = "CREATE TABLE finding (rank INTEGER, name TEXT, members TEXT)"


class Found:
    def __init__(self) -> None:
        self._database = scratch(_SCHEMA)
        self._database.execute("BEGIN")

    def add(self, finding: Finding) -> None:
        row = (finding.rank, finding.withdrawal or "", json.dumps(asdict(finding)))
        self._database.execute("INSERT INTO finding VALUES (?, ?, ?)", row)

    def __iter__(self) -> Iterator[Finding]:
        """Losses first, then kind by kind, each in the order of withdrawals."""
        for (text,) in self._database.execute(
            "SELECT members FROM finding ORDER BY rank, name, members"
        ):
            members: dict[str, Any] = json.loads(text)
            yield Finding(**{**members, "kind": Kind(members["kind"])})

    def close(self) -> None:
        self._database.close()
