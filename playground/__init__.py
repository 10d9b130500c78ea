"""The API Playground: try Chat Completions APIs from a page of your own."""

__version__ = "0.1.0"
