"""Hotlists: feeds are parsed, validated, sealed as one generation a source, and looked up in the car.

::

    bytes -> feed_file -> a format (generic_csv, clew) -> validation -> sealed file -> generations row -> index
"""
