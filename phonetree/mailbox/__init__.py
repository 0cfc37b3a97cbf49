"""Voicemail: collected from the provider, sealed, kept, handled and deleted; and notices of it."""
