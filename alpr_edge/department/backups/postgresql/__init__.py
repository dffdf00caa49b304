"""Backs PostgreSQL up by its own programs, and starts a server over what was restored."""
