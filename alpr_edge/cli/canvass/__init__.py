"""``alpr-edge canvass``: every plate around a crime scene is kept, from some hours before until it ends."""
