"""What the unit is connected to, by its settings."""
