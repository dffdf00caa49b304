"""Profiles: data files of what a state's law and a security policy ask for, and their loader."""

from alpr_edge.settings.profiles.loader import load_profile, load_security_profile
from alpr_edge.settings.profiles.summary import PolicySummary, summarise_policy

__all__ = ["PolicySummary", "load_profile", "load_security_profile", "summarise_policy"]
