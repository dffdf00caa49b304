"""Measures how soon and how surely a camera that does not see is told of, with faults planted in real rides."""
