"""``alpr-edge department images`` and ``keys``: where images lie, and the keys under which they are encrypted."""
