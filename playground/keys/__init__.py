"""Keys that a team or a person keeps in the playground, encrypted, and lends to calls."""
