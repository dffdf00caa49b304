"""``alpr-edge evidence``."""
