"""A unit of real processes drives for hours while its parts fail by turns: what was told, healed, lost and grew."""
