"""``alpr-edge department exchange``: other systems, which get some of what is stored or whose reads are imported."""
