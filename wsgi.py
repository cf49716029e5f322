"""The entry of gunicorn (`wsgi:app`) and of the operator's commands (`flask --app wsgi ...`)."""

import sys

from wallet_api import embedded_mongo
from wallet_api.app import create_app
from wallet_api.config import InvalidSettings

try:
    # Under gunicorn the master has seen to it; a command shares the running service's server.
    embedded_mongo.ensure()
except (embedded_mongo.EmbeddedMongoError, InvalidSettings) as error:
    # Not 1, which is the audit's word for missing money.
    print(f"wallet_api: {error}", file=sys.stderr)
    raise SystemExit(2) from None

app = create_app()
