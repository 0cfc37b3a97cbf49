"""The call itself, pure: no clock, no I/O, nothing of the project but `errors`."""
