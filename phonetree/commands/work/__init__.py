"""What the commands do, each in a file with the name of its command, and what they share."""
