"""The checks of a package, each of one thing; :mod:`alpr_edge.evidence.verification` runs them."""
