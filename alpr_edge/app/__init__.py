"""The composition: builds the two daemons and the replay from the settings; the only package that picks adapters.

:mod:`factories` picks adapters, :mod:`pipeline` is the way of a frame from camera to record, :mod:`stages` is what runs
beside it, :mod:`capture_daemon` and :mod:`uplink_daemon` are the daemons, :mod:`replay` is the same composition over a
recording.
"""
