"""Figures for a Prometheus on this computer: how a metric is defined, and the listener that answers."""
