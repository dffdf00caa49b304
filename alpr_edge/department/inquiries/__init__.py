"""People search the department's reads: signed in, for a stated purpose, and on record before anything is shown."""
