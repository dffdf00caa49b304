"""Tables whose rows the database refuses to change or delete: the access log, and requests of other agencies."""
