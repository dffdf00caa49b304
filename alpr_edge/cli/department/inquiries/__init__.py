"""Commands by which people sign in at the department and search its reads."""
