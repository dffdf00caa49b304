"""Whether the patrol car moves, and whether it is day where it is: what the page goes by."""
