"""Money on its way out."""
