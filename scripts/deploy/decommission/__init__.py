"""Takes a unit out of service: nothing is lost unsaid, nothing can be read afterwards, and all of it is on record.

It runs on the system's Python with nothing installed, so it imports the standard library alone.
"""
