"""The encrypted database: its tables, connections, access rights and migrations."""
