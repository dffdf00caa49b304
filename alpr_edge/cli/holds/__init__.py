"""The commands of holds."""
