"""Sound in the car: what each tone is made of, and the players that sound it.

When to sound what is a rule and lives in :mod:`alpr_edge.domain.alerting`.
"""
