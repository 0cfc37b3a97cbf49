"""What one client may ask for: far more than the provider does, and little enough that nobody notices."""

MOST_BODY_BYTES = 16 * 1024
"""The provider's requests have two or three kilobytes; some of its fields are long tokens (Twilio, voice/twiml)."""

USUAL_BODY_BYTES = 4 * 1024
"""A larger body is read after those that are not, one at a time: a forged one may cost ten times what a turn does."""

MOST_FIELDS = 100
"""Fields of a form or a query. The provider sends about forty, and a few more for SIP; each one is signed."""

MOST_HEADER_CHARACTERS = 400
"""Of the headers that are read before the signature is checked. Taking longer ones apart can cost more than a turn
does; the name of a host has 253 characters at most."""

MOST_ADDRESS_BYTES = 8 * 1024
"""Path and query. A turn that is asked for by GET has its fields there."""

BODY_SECONDS = 5.0
"""For so long a body may take to arrive. The provider sends one at once."""

HEADER_SECONDS = 5.0
"""For so long a connection may say nothing, before its first request, in its headers and between two requests."""

MOST_HEADER_BYTES = 32 * 1024

MOST_CONNECTIONS = 4096
"""Connections to one worker; more wait in the system's queue. A proxy has its own limits for each client."""

MOST_WAITING_PAGES = 1000
"""Requests for pages and files that wait for their turn; beyond that a client gets 503."""

READ_FIRST = frozenset({"host", "content-type"})
"""The headers that are read before the signature is checked."""
