"""Faults at random moments of all that a unit writes and depends on, and a count of what was lost."""
