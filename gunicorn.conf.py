"""gunicorn's settings: see wallet_api/server/settings.py.

Nothing more is here, since a master that reloads runs this file anew, but not its own modules: an
upgraded line that asked those for something newer would end the service.
"""

from wallet_api.server.settings import gunicorn_settings

globals().update(gunicorn_settings())
