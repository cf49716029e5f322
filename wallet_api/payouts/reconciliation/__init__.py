"""Does the gateway's list of payouts say what our withdrawals say?"""
