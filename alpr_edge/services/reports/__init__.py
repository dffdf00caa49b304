"""Reports for those who answer for the readers: counts for the public, and how often reads are right."""
