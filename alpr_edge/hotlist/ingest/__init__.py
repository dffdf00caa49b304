"""Importing feeds: opening, validating, sealing, reporting, and the process that does it."""
