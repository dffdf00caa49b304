"""Certificates and codes: the authority, issuance, revocation, and the units that have them."""
