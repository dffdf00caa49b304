"""Plates drawn and disturbed as a camera sees them, and things that only look like plates.

Imports ``contract`` alone of this package's neighbours.
"""
