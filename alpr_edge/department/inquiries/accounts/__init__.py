"""People's own accounts: what they are shown of them, and how they change what they sign in with."""
