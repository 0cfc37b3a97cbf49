"""What one client may ask for: far more than the provider does, and little enough that nobody notices."""

MOST_BODY_BYTES = 16 * 1024
"""The provider's requests have two or three kilobytes; some of its fields are long tokens (Twilio, voice/twiml)."""

MOST_FIELDS = 200
"""Fields of a form or a query. The provider sends about forty, and a few more for SIP; each one is signed."""

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
