"""The record of a call: what was requested, sent, and received. Pure Python, no Django."""
