"""The page in the car: how soon a hit stands there, and what the page costs the unit."""
