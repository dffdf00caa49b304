"""Faults at random moments of everything a unit writes and lives by, and a count of what was lost."""
