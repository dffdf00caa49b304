"""What the disk and the store take: commits, deletions, catching up, stores of a whole year."""
