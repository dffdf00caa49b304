"""alpr-edge: a number-plate reader for patrol cars.

A plate travels from the lens to the department's storage through rooms named after what happens in
them, and no room knows its neighbour; one file, :mod:`alpr_edge.app`, hangs the doors.
"""

__version__ = "0.2.0"
