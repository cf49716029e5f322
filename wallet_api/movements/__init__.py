"""How money moves: one update of the wallet commits a movement, everything else is a copy of it.

The proof is in docs/money.md; each step of the code names the sentence of it that it serves.
"""
