"""gunicorn as the service has it, over an application whose answers are odd."""

from wallet_api.server.settings import gunicorn_settings

_OF_THE_SERVICE = {
    *("on_starting", "on_reload", "when_ready", "on_exit"),
    *("post_worker_init", "worker_exit"),
}

globals().update(
    {name: value for name, value in gunicorn_settings().items() if name not in _OF_THE_SERVICE}
)
wsgi_app = "tests.hostile.odd_answers:app"
