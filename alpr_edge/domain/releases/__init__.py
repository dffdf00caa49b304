"""Releases of data to other agencies (policy 462.7): what may be asked, who decides, and what came of a request."""
