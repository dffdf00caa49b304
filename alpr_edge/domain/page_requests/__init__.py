"""What the page asks of the capture daemon, which alone has the hotlists and the sound device."""
