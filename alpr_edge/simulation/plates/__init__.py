"""Rendered plates: designs, fonts, serials and the renderer."""
