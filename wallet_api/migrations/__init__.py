"""Databases that older code or the Node original wrote, brought to this version where they are.

Each document is changed by one update, on condition that it still is as it was read. So the
migration can be killed anywhere and run again, two at once do no harm, and the service may run.
"""
