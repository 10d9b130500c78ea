"""OpenAI's Chat Completions API, as OpenAI and a hundred other providers implement it."""
