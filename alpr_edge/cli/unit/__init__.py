"""``alpr-edge unit``: the commands of one unit."""
