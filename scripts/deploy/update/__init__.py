"""Update a unit to another release, and go back by itself where that one does not get ready.

It runs on the system's Python with nothing installed, so it imports the standard library alone.
"""
