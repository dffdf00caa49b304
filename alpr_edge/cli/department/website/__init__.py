"""``alpr-edge department website`` and ``policy``: what the department publishes."""
