"""The department's database: its tables, migrations and transactions."""
