"""The department: how many reads a second it stores, of a fleet that delivers at once, on either engine."""
