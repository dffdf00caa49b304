"""``alpr-edge hotlist``: the commands of the lists."""
