"""Who can be called: the providers, their addresses, and the caps on calls that the server pays for."""
