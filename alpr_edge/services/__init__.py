"""The use cases of the product, one a file, apart from the command line that calls them."""
