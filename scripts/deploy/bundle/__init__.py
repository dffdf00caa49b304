"""Makes the offline bundle of a release: on a developer's desk, with the project's environment."""
