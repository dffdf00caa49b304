"""The composition: settings -> objects -> services; the only room that picks an adapter.

The house plan has one file here; it became a folder when it outgrew one screen, a file a service: :mod:`doors` picks
adapters, :mod:`watch` is a camera's path from frame to record, :mod:`recorder` writes records, :mod:`unit` is
the daemon, :mod:`driving` the same composition over a recording, :mod:`uplink` the second daemon.
"""
