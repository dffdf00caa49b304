"""The vehicle's access log: an encrypted database of its own, whose records are only added."""
