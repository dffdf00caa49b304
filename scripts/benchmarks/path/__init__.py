"""The path: how fast it is against its parts and against fast-alpr, capture to tone, memory, and what it does with a core."""
