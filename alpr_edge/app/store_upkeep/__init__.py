"""What the daemon of the cameras does once a second with its data folder, apart from the round that tells of faults."""
