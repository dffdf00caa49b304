"""The revisions; the number of each is a version of the database."""
