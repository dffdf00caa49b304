"""Checks of a department before it serves: what was found of each part, and what to do about it."""
