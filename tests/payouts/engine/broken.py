"""The engine with the mutant of the environment's choice built in."""

import os

from tests import mutants
from wallet_api.payouts import celery_engine

mutants.MUTANTS[os.environ[mutants.SELECTED]](setattr)

app = celery_engine.app
