"""Storing what units deliver: items, images and portable media."""
