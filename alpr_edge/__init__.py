"""alpr-edge: a number-plate reader for patrol cars.

A plate travels from the camera to the department's storage through packages named after what happens in them, and no
package knows its neighbour; :mod:`alpr_edge.app` puts them together. ``README.md`` beside this file shows the way.
"""

__version__ = "0.2.0"
