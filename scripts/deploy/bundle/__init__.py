"""The offline bundle of a release, made on a developer's computer with the project's environment."""
