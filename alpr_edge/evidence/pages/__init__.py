"""The pages inside a package: they need neither our software, nor a network, nor scripts, and print well."""
