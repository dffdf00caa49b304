"""Keeps reads from deletion for a case, releases them, and lists what is held (policy 462.5)."""
