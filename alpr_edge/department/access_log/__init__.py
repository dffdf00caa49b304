"""The department's own access log: who signed in and searched its reads, what for, what came of it (policy 462.6)."""
