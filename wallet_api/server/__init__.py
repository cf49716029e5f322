"""gunicorn as this service runs it."""
