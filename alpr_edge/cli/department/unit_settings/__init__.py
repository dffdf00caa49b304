"""What the department sets in its units from afar."""
