"""The rules that tests decide by: those of the shipped profiles."""

from alpr_edge.settings import PolicySettings
from alpr_edge.settings.profiles import load_profile, load_security_profile

CALIFORNIA = load_profile(PolicySettings(case_formats=("99-999999", "AA99-9999")))
CJIS = load_security_profile(PolicySettings())
