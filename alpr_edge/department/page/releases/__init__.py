"""The pages of other agencies' requests for data (policy 462.7)."""
