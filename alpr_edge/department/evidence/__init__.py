"""Evidence packages of units and of the department: content, bookings, and the passphrases that open them."""
