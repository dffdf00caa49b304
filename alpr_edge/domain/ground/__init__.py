"""Areas on the ground: circles and polygons, and how far a position is from them."""
