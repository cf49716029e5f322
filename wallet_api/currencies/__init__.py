"""The currencies that a wallet may hold, and how many decimals each has."""
