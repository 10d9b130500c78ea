"""OpenAI Responses: requests, answers and streams."""
