"""Signing in, and asking whether somebody may do something: the same code in the car and at the department.

The rules are in ``alpr_edge.domain`` (``people``, ``permissions``, ``sessions``); here they meet passwords, codes,
passkeys and the rows of accounts, which each side keeps behind the port :class:`~alpr_edge.access.store.AccessStore`.
"""
