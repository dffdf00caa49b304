"""Backs a department up, restores it from a backup, and proves by drills that this works."""
