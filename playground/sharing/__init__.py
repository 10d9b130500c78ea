"""Runs handed on and talked about: public links, and comments of the team."""
