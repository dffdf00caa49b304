"""Values, rules and ports of the house: pure, without I/O, threads or a clock."""
