"""The index of a list: packed columns in a sealed file, and the look-up of plates."""
