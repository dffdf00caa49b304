"""The vehicle's storage: an encrypted database and encrypted images, used by three processes at once."""
