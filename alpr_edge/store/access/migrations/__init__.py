"""Migrations of the accounts; Alembic runs them."""
