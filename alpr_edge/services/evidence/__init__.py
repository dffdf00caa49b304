"""Exports the evidence of a case: what belongs to it, as a package on a medium, and the register of bookings."""
