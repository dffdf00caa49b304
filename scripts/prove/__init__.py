"""Provisioning and the units tried on a clean Debian 13 with systemd as process 1, joined to a department by a wire.

:mod:`roots` makes file systems, :mod:`car` starts one and runs commands in it, :mod:`networks` wires it up,
:mod:`depot` is the department at the other end, :mod:`scenario` is what has to hold.
"""
