"""The feed formats: one file each, with what they share."""
