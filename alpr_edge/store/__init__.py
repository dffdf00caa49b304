"""What the vehicle keeps: an encrypted database and encrypted images, for three processes at once."""
