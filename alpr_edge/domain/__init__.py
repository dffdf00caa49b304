"""Values, rules and ports of the product: pure, without I/O, threads or a clock."""
