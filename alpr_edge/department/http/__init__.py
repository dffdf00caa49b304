"""The department's HTTPS servers: storage and enrollment."""
