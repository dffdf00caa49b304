"""Use cases over the access log: verify it, prove a record, report on it, review it."""
