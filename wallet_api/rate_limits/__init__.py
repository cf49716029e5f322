"""How many requests one client may make within a time, over all processes: docs/rate-limits.md."""
