"""Deletion of reads by the rules of retention, and the measures it needs."""
