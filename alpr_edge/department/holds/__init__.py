"""Holds at the department: those that units placed, and its own, which units fetch."""
