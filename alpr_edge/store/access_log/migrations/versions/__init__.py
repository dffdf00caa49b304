"""One file a migration, numbered as the schema is."""
