"""People, rosters and the keys that rosters are signed by, on a unit."""
