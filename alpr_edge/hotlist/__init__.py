"""Hotlists: feeds are parsed, gated, sealed as one generation a source, and looked up in the car.

::

    bytes -> unpacking -> a format (generic_csv, clew) -> gate -> sealed file -> generations row -> index
"""
