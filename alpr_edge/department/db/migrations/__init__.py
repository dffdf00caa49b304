"""Alembic's folder: one revision for each version of the department's database, for every engine."""
