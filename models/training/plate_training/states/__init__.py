"""The network that names a plate's state: plates of known state, their pictures, the network and its figures.

Imports ``release``, ``networks``, ``rendering`` and ``contract``.
"""
