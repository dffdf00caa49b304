"""Reads damaged SQLCipher databases by their raw pages and write-ahead log."""
