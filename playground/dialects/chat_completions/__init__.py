"""OpenAI's Chat Completions, as they and a hundred others speak it."""
