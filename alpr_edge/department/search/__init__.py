"""Searches of the reads that units delivered: by plate, part of a plate, place, time, unit and camera."""
