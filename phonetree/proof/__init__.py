"""What holds for every call: everything that can happen, and the promises. It calls the engine and has no rules."""
