"""Moves a department's database from SQLite to PostgreSQL, compared row by row."""
