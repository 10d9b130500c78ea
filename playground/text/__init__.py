"""Text from outside: JSON, HTML, escapes, pieces of a stream; sentences for people; the key taken out."""
