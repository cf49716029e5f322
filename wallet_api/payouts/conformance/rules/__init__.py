"""The rules of the port, a test for each."""
