"""Tables whose rows the database refuses to change or delete: the access log, requests of other agencies, audits."""
