"""``alpr-edge sound``: what the unit says after the tone of a hit."""
