"""Make a department's server out of a computer with Debian 13.

It runs on the system's Python with nothing installed, so it imports the standard library alone.
"""
