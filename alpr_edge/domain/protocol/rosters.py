"""How a unit fetches the roster of its department's people."""

ROSTER_PATH = "/v1/roster"
"""The signed roster (:mod:`alpr_edge.domain.people.signed_roster`); 404 where none was published."""
ROSTER_SERIAL_HEADER = "Alpr-Roster-Serial"
"""Header of every answer to a unit: the serial of its newest roster, so that it learns of a suspension at once.

A unit that asks for the roster says by it which one it took last; 0: none.
"""
