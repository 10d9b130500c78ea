"""The call itself: where it goes, sending the request, reading the response; the local model."""
