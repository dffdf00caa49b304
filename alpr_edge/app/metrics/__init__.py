"""Serves figures of the unit to a Prometheus: what each metric is, and the daemon that answers."""
