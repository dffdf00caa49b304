"""``alpr-edge department incident``: the register of incidents (policy 462.6)."""
