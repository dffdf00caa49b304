"""The position of the vehicle: fixes from a receiver or its log, kept for the frames that need them."""
