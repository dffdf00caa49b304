"""Adapters that read the ignition and order the power off."""
