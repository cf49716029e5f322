"""The other side of the wire: a payout gateway with books of its own, and with every fault.

Of the service it imports the ground floor only, so that no mistake is made on both sides.
"""
