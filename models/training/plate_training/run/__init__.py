"""A run of training, of whichever model: its loop, the feed of samples, where its weights come from, its curves.

Imports ``data``; the models are handed in.
"""
