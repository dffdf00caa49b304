"""One file a schema, and each only adds."""
