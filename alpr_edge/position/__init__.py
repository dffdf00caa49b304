"""Where the vehicle is: fixes from a receiver or its log, kept for the frames that ask."""
