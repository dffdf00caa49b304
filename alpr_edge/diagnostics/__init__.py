"""Examines a unit before a shift, and writes the report of it."""
