"""sqlite_forensics."""
