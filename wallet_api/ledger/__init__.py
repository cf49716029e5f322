"""What has happened to a wallet, in order."""
