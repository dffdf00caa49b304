"""How all parts of a unit are, by what its daemons wrote of themselves last."""
