"""The check of the detector's boxes: boxes with the truth about them, the network, its fit and its figures.

Imports ``data``, ``rendering`` and ``contract``; runs detector and reader as the unit does, from their files.
"""
