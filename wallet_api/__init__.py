"""A wallet and withdrawal service in which one atomic update of one document moves the money."""

__version__ = "1.0.0"
"""Said once, here: pyproject.toml and the OpenAPI document take it over."""
