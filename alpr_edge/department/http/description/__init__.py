"""The description of the units' interface by OpenAPI, made from the routes that serve it."""
