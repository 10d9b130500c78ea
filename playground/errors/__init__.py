"""What providers say when something goes wrong, read from any shape of body."""
