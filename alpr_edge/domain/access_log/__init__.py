"""The access log: who looked at what, why, and what came of it; its records, how it is verified and reported on."""
