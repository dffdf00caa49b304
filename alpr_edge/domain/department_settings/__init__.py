"""Settings that a department gives its units: the signed document of a unit, and how it is asked for."""
