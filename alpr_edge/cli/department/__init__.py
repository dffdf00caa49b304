"""``alpr-edge department``: the commands of the receiving side."""
