"""Take a unit out of service: all reads are handed over or given up on record, and its keys and data are destroyed.

It runs on the system's Python with nothing installed, so it imports the standard library alone.
"""
