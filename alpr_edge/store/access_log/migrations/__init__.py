"""Migrations of the access log, each as it was when it was written."""
