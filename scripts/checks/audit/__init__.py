"""The comparison of what the product is made of with published vulnerabilities."""
