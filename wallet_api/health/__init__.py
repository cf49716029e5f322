"""Whether the process answers, and whether it can move money."""
