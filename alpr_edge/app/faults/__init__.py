"""What is done with the faults of a unit: which sound, and what becomes of a unit that fails altogether."""
