"""What a team keeps and what goes: its settings, exports, and deleting a team or an account."""
