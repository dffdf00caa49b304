"""Moves a department: its database from SQLite to PostgreSQL, compared row by row, and its images to a bucket."""
