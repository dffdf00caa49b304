"""Proves on a clean Debian 13 that setting a department up makes a server that serves."""
