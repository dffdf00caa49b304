"""Drives that never happened: plates, frames, position log, hotlist and the truth about them."""
