"""Spoken sentences: rendered phrase by phrase when the unit is set up, loaded at its start, said after a tone.

While the unit works nothing is synthesised: a sentence is a row of clips that lie in memory.
"""
