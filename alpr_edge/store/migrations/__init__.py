"""Alembic's folder: it travels in the wheel. Migrations only add; none is changed once released."""
