"""``alpr-edge department release``: requests of other agencies for data (policy 462.7)."""
