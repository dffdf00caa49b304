"""The real pictures that training may see: which, with which boxes and texts, and which are kept for validation.

Imports ``rendering`` and ``contract``.
"""
