"""From sign-in to sign-out: sessions, lock-out after failures, and break-glass."""
