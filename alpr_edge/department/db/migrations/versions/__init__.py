"""The revisions, the older ones in a package of their own; the number of each is a version of the database."""
