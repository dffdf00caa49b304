"""Deployment of units: provisioning, updates, bundles and decommissioning, without the product's own package."""
