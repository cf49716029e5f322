"""Money that users take out."""
