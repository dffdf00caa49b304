"""The noun ``evidence``: packages for court."""
