"""Prompts: requests that a team saves under a name, each with its versions."""
