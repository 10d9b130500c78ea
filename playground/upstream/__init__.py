"""Leaving this machine: who can be called, which addresses may be reached, and the call itself."""
