"""Limits on withdrawals: what they demand of the wallet, in the update that moves the money.

A wallet has the sum and the number of a day's withdrawals, `spent.<day>`, and perhaps limits of its
own, `limits`. `Allowance` says what they allow an order; a `Claim` is the part of a commit's
condition and change that holds them. The proof is in docs/money.md.
"""
