"""Real clients, a real service and a real database, while faults strike."""
