"""What a team used: the page with its tables, charts, and CSV file."""
