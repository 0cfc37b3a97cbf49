"""Limits for one client: far above the provider's needs, and low enough not to affect others."""

MOST_BODY_BYTES = 16 * 1024
"""The provider's requests have two or three kilobytes; some of its fields are long tokens (Twilio, voice/twiml)."""

USUAL_BODY_BYTES = 4 * 1024
"""Larger bodies are read after smaller ones, one at a time: a forged one may cost ten times as much as a turn."""

MOST_FIELDS = 100
"""Fields of a form or a query. The provider sends about forty, and a few more for SIP; each one is signed."""

MOST_HEADER_CHARACTERS = 400
"""Of the headers that are read before the signature is checked, host and content type. Parsing longer ones can cost
more than a turn; a host name has 253 characters at most."""

MOST_ADDRESS_BYTES = 8 * 1024
"""Path and query. A turn requested by GET has its fields there."""

MOST_PATH_CHARACTERS = 1024
"""Of the path alone. Ours have a few names."""

MOST_LANGUAGE_CHARACTERS = 400
"""The languages that a browser asks for. Parsing many more can cost more than a turn, and happens where turns do."""

BODY_SECONDS = 5.0
"""How long a body may take to arrive. The provider sends it at once."""

HEADER_SECONDS = 5.0
"""How long a connection may be idle, before its first request, in its headers and between two requests."""

MOST_HEADER_BYTES = 32 * 1024

MOST_CONNECTIONS = 4096
"""Connections to one worker; more wait in the system's queue. A proxy has its own limits for each client."""

MOST_WAITING_TURNS = MOST_CONNECTIONS
"""Requests that may be turns and wait to be verified. When there are as many, a client with more than its share gets
503. Those whose client has gone wait, too, without a connection."""

MOST_WAITING_PAGES = 50
"""Queued requests for pages and files; beyond that a client gets 503. Those whose client has gone are queued, too."""

RETRY_SECONDS = 1
"""When such a client should ask again."""

MOST_READY = 100
"""Public answers that are kept for a minute: visitors ask for few pages, in few combinations of languages."""

MOST_READY_CHARACTERS = 500
"""Of the address and the languages of a public answer that is kept. Longer ones are answered one by one."""

MOST_PAGE_QUERY_CHARACTERS = 1024
"""The query of a page. Ours has a language; other sites add what they count their links by."""
