"""The pages of audits and of the register of incidents (policy 462.6)."""
