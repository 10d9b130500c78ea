"""The call itself: whom to call, sending, reading what comes; the local model."""
