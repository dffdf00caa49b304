"""What a department publishes: months in counts that point at nobody, and its usage and privacy policy."""
