"""Use cases for what did not reach the database, or lies in a damaged one."""
