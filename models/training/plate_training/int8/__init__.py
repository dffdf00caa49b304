"""Int8 files: quantised from float32 files, and released once paired tests see no loss.

Imports ``detector`` and ``reader`` for the pictures that set the scales, ``release``, ``networks``, ``data`` and
``contract``.
"""
