"""``alpr-edge department people``: the accounts of the department's people."""
