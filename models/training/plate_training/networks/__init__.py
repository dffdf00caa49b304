"""What the models' networks share: their blocks, and the weights in exported files.

Imports none of its neighbours.
"""
