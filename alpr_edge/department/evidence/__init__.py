"""Evidence packages that units wrote: their bookings, and the passphrases that open them."""
