"""What is true of every call: all that can happen, and the promises. The engine is asked; no rule stands here."""
