"""Asks whether somebody may do something, and records the answer before anything is shown or changed (policy 462.6)."""
