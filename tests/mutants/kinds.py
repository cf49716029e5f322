"""What a mutant is."""

from collections.abc import Callable
from typing import Any

Patch = Callable[[Any, str, Any], None]
"""Replaces an attribute that exists: `setattr` for a process, pytest's for a test."""

Mutant = Callable[[Patch], None]
