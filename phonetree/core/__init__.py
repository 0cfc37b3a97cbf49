"""The call itself, pure: no clock, no I/O, no import from the project except `errors`."""
