"""What has moved in a wallet: transactions, balances at a time, and statements."""
