"""The department's people: who they are, what they sign in with, and the rosters that tell units of them."""
