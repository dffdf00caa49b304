"""The encrypted image files."""
