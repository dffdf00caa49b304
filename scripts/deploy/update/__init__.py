"""Takes up another release on a unit, and goes back by itself where that one does not get ready.

It runs on the system's Python with nothing installed, so it imports the standard library alone.
"""
