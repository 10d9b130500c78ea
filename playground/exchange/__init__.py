"""The record of a call: what was asked, sent, and received, and what it means. Pure Python, no Django."""
