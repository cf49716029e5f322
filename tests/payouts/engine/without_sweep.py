"""The engine whose processes look for nothing by themselves after their start."""

from wallet_api.payouts import celery_engine

celery_engine.SWEEP_SECONDS = 3600.0

app = celery_engine.app
