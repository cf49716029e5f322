"""Which money there is, and how many decimals it has."""
