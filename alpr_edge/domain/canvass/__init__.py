"""A canvass: every plate around a crime scene is kept, from some hours before until it ends (policy 462.4(c))."""
