"""What a department reports of what it holds, in counts alone."""
