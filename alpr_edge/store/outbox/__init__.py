"""The queue of items for the department."""
