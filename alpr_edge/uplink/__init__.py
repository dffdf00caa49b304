"""Delivery from the vehicle's outbox to the department's storage, downloads of lists, and the unit's certificate."""
