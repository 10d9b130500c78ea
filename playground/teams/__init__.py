"""Teams: who belongs to which, what each may do, invitations, and the audit log."""
