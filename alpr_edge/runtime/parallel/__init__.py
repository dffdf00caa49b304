"""Several threads that work on the items of one channel, and whose results come out in order."""
