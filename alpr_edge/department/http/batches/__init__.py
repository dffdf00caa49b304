"""How many batches of items the department takes at a time."""
