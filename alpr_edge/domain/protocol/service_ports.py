"""The ports of a department, apart from its messages: help texts name them and load nothing else."""

STORAGE_PORT, ENROL_PORT = 8443, 8444
"""Ports of a department's storage and of its enrollment, unless its settings name others."""
PEOPLE_PORT = 8446
"""Port of the page on which people set their passwords, likewise."""
PAGE_PORT = 8447
"""Port of the page on which people search, likewise."""
