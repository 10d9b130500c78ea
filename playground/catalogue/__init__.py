"""Who can be called: the providers, their addresses, and what the server pays for with each."""
