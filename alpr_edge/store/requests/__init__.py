"""What the page asks of the capture daemon, as it is kept."""
