"""The pages of searches that somebody saved."""
