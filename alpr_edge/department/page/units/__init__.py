"""The pages of the board of units."""
