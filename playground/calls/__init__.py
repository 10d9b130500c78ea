"""Making a call under terms: who calls, how often, and the line of log that it leaves."""
