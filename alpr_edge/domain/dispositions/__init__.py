"""What officers say of hits: what was read, what CLETS and the agency said, what came of it."""
