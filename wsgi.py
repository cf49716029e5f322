"""The entry of gunicorn (`wsgi:app`) and of the operator's commands (`flask --app wsgi ...`)."""

from wallet_api import embedded_mongo
from wallet_api.app import create_app
from wallet_api.config import InvalidSettings

try:
    # Under gunicorn the master has seen to it; a command shares the running service's server.
    embedded_mongo.ensure()
except (embedded_mongo.EmbeddedMongoError, InvalidSettings) as error:
    raise SystemExit(f"wallet_api: {error}") from None

app = create_app()
