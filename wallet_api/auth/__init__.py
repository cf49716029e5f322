"""Registration, login, and the token that says who is calling."""
