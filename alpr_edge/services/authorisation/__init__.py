"""Opens what decides and records in a unit (:mod:`alpr_edge.access.authorisation`)."""
