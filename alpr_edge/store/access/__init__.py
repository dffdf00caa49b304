"""The accounts of a car, encrypted: people, credentials, sessions, failures and used codes."""
