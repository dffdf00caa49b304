"""What a department reports of its readers: how often they are right, and what was done with them, in counts alone."""
