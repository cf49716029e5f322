"""Whatever can be derived from the served OpenAPI document, sent to the service that serves it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.hostile.conftest import Account

pytestmark = pytest.mark.lengthy

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")

# Every check runs on every operation, but that input of the documented shape must be accepted:
# not where a rule that no schema can state refuses it.
HEADER_OF_BACK_ENDS = "On-Behalf-Of, beside a user's token"
MAY_REFUSE = {
    "GET /wallets": HEADER_OF_BACK_ENDS,
    "GET /wallets/balance": HEADER_OF_BACK_ENDS,
    "GET /withdrawals/{withdrawalId}": HEADER_OF_BACK_ENDS,
    "POST /withdrawals/{withdrawalId}/cancel": HEADER_OF_BACK_ENDS,
    "GET /auth/me": HEADER_OF_BACK_ENDS,
    "PATCH /auth/me": HEADER_OF_BACK_ENDS,
    "POST /wallets/deposit": "another currency, a finer amount, a key that was used",
    "POST /withdrawals": "another currency, a finer amount, a key that was used, too little money",
    "POST /auth/register": "a password too easily guessed, an email that cannot exist",
    "POST /auth/password": "a password too easily guessed",
    "POST /auth/password/forgot": "there is no mail server",
    "POST /auth/password/reset": "a code that nobody has made",
    "POST /auth/email/proof": "a code that nobody has made",
    "POST /auth/email/proof/request": "there is no mail server",
    "GET /withdrawals": "a cursor that no list has given, a period that ends before it starts",
    "GET /wallets/transactions": "a cursor that no list has given",
    "GET /wallets/statement": "a period that ends before it starts",
}
# Nor must input be refused that is too long only until its ends are trimmed.
MAY_ACCEPT = {"PATCH /auth/me": "a name with a hundred spaces at its end"}
LEFT_OUT = "POST /auth/logout"
"""It ends the logins of the one account that all other operations are asked with."""
EXAMPLES_OF_AN_OPERATION = 15


def configuration() -> str:
    switched_off = (
        ("positive_data_acceptance", MAY_REFUSE),
        ("negative_data_rejection", MAY_ACCEPT),
    )
    return "\n".join(
        f'# {reason}\n[[operations]]\ninclude-name = "{operation}"\n'
        f"checks.{check}.enabled = false\n"
        for check, operations in switched_off
        for operation, reason in operations.items()
    )


def test_every_answer_is_as_the_document_says(account: Account, tmp_path: Path) -> None:
    written = tmp_path / "schemathesis.toml"
    written.write_text(configuration())

    run = subprocess.run(
        [
            *(SCHEMATHESIS, "--config-file", written, "run"),
            f"http://127.0.0.1:{account.port}/openapi.json",
            *("--exclude-name", LEFT_OUT),
            *("-H", account.authorization, "-n", str(EXAMPLES_OF_AN_OPERATION)),
            *("--generation-deterministic", "--continue-on-failure", "--no-color"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )

    print(run.stdout)  # the summary, with `pytest -s`
    assert run.returncode == 0, run.stdout + run.stderr
    assert account.balance_cents() >= 0
