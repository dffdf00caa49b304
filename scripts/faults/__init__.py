"""Power cuts, kills and full disks at random moments of everything a unit writes, and a count of what was lost."""
