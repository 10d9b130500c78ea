"""Text from outside: JSON, YAML, HTML, escapes, addresses and keys that people type; redaction of the key."""
