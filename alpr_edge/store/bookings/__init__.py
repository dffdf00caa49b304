"""The register of the evidence packages that were booked out of this unit."""
