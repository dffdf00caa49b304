"""Where a unit may read plates, and how long it keeps what it read."""
