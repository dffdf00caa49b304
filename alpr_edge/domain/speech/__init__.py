"""What the unit says aloud after the tone of a hit, and the phrases that it needs for that."""
