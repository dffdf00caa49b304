"""The database engines that a department may use: SQLite on one machine, PostgreSQL for a fleet."""
