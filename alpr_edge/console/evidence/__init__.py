"""The pages on which the evidence of a case is booked out to a medium."""
