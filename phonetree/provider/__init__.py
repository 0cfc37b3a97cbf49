"""The only package that knows Twilio: its documents, its requests, its signatures."""
