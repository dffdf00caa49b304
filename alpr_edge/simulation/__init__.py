"""Simulated drives: plates, frames, position log, hotlist and the truth about them."""
