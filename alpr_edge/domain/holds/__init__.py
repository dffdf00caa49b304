"""Holds: reads that are kept from deletion for a case."""
