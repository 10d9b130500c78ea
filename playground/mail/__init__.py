"""Mail, if PLAYGROUND_MAIL_URL names a server: invitations, and news of a team for its admins."""
