"""Rules from single readings to reads: tracking, voting and the decision of a pass."""
