"""The connections of a listener: how many there may be, when a handshake is over, and why one failed."""
