"""``alpr-edge department evidence``."""
