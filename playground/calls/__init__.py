"""Making a call under terms: who calls, how often, and the log line for it."""
