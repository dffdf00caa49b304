"""Canvasses of crime scenes (policy 462.4(c)): started, ended, and what they found."""
