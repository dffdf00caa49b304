"""``alpr-edge accounts``: the people of a unit without a department."""
