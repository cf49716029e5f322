"""What can be forged, and by which check the audit finds it: the rows of a table.

docs/money.md has the same rows, for people.
"""

from tests.money.forged_ledger import LEDGER
from tests.money.forged_payouts import PAYOUTS
from tests.money.forged_records import RECORDS
from tests.money.forged_wallets import WALLETS
from tests.money.forging import Forgery

FORGERIES: dict[str, Forgery] = {**RECORDS, **PAYOUTS, **LEDGER, **WALLETS}
