"""The page on which people who were invited set password, one-time code and passkeys."""
