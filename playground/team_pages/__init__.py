"""Pages of a team, with accounts: its people and invitations, keys, budgets, API tokens, and audit log."""
