"""The department's page for people: sign in, search the reads of all units, look at what was found."""
