"""The only room that knows Twilio: its documents, its requests, its signatures."""
