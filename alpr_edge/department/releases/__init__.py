"""Requests of other agencies for data: entered, decided by another person, and retained on file (policy 462.7)."""
