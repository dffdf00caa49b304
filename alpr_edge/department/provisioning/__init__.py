"""People as another system of the department has them, by SCIM 2 (RFC 7643, RFC 7644): leavers are out at once.

It says who is there, and who is no more. Roles, sources, trainings and everything else that allows anything stay the
administrator's.
"""
