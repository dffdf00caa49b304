"""hotlist."""
