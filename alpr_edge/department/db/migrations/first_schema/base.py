"""What the frozen tables share."""

from sqlalchemy import BigInteger, Integer, MetaData

metadata = MetaData()

WHOLE = BigInteger().with_variant(Integer(), "sqlite")
"""A whole number of 64 bits; SQLite's INTEGER has as many, and counts its rows by no other type."""
