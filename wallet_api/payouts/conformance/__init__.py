"""Does an adapter keep the rules of the port? Tests for anybody's, by a hostile gateway."""

from wallet_api.payouts.conformance.plugin import pytest_addoption, pytest_configure, trial

__all__ = ["pytest_addoption", "pytest_configure", "trial"]
