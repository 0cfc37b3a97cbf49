"""A phone and the network behind it, for tests and staff.

It reads TwiML by itself and knows neither the engine nor our renderer, so that it can disagree with them.
"""
