"""Letters to users: written, and sent by a thread that nobody waits for."""
