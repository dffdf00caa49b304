"""Audits of who looked at what (policy 462.6(c)): what stands out, how a sample is drawn, reviewed and signed off."""
