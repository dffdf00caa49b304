"""Access: permissions, sign-in, rosters, and the log of who looked."""
