"""What callers would hear differently after an edit."""
