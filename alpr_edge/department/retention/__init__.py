"""Deletes at the department what has been kept for as long as the policy says, and keeps a signed record of it."""
