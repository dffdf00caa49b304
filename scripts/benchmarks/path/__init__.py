"""The path: its rate against its parts and against fast-alpr, capture to tone, memory, and where the time goes."""
