"""What went wrong, in words that say what to do next: read from an Exchange, never part of it."""
