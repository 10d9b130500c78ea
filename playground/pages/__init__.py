"""The page: what people type becomes a request, an Exchange becomes what they see."""
