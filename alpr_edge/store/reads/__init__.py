"""Reads with their hits, alerts and images in the database."""
