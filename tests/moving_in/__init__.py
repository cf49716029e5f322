"""Databases of older versions, and of the Node original, moved in."""
