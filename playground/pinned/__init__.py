"""Pinned runs: known-good calls that are replayed, with checks on what comes back."""
