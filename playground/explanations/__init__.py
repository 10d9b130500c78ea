"""What went wrong, in words that say what to do next: derived from an Exchange, never part of it."""
