"""``alpr-edge report``: what was read, found and done in counts, and how often reads are right."""
