"""A phone and the network behind it, for tests and staff.

It parses TwiML itself and imports neither the engine nor our renderer, to check them independently.
"""
