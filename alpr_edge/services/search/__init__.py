"""Searches of the reads that a unit has stored."""
