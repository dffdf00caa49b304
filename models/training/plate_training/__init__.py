"""Training of the plate detector and the slot reader: data, rendering, networks, loop, export and measuring."""
