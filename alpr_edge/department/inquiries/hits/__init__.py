"""The hits of all units as they come, for people who are cleared: the board, and what tells that something came."""
