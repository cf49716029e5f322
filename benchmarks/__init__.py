"""How fast the service is, beside what MongoDB and Flask could do at best."""
