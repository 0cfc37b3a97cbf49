"""The application, for any WSGI server."""

from phonetree.web import create_app

app = create_app()
