"""Single sign-on at the department's page: OpenID Connect with an authorization code and PKCE.

A provider says who somebody is; what they may do, and whether their account may be used, stays the department's.
"""
