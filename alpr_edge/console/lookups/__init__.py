"""Pages on which somebody looks something up for a purpose: stored reads, and the officers' own entries."""
