"""The record of a call: what was asked, what went out, and what came back. Pure Python, no Django."""
