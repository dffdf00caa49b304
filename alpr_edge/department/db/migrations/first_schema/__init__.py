"""The tables of version 10, as they were when the department's database got its first revision of Alembic.

Frozen: a migration must not change when ``schema.py`` and the modules beside it go on.
"""
