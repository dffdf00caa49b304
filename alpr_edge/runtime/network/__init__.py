"""Connections to other machines that end in time."""
