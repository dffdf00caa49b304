"""Canvasses as a unit stores them: their rows, the reads that are held for them, and what they found."""
