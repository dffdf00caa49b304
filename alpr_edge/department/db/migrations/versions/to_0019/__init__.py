"""The revisions up to 0019: a package holds no more files than one looks through."""
