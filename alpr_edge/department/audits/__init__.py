"""Audits of the access logs, their schedule and sign-off, and the register of incidents (policy 462.6)."""
