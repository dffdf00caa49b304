"""What a hotlist of millions of entries takes: import, memory and matching."""
