"""What a technician hands to whoever supports the software: the unit's state without plates, keys or people."""
