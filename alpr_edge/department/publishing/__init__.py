"""What the department publishes for its units, checked before and on record, and which of them has it since when."""
