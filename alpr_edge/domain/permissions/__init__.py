"""What may be done with plates and accounts: actions, purposes, the table of permissions, and the decision."""
