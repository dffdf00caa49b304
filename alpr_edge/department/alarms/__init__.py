"""Tells people of a department what is wrong, by mail and webhook."""
