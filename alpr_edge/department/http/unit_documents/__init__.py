"""What a unit fetches whole or says of itself, beside the items that it delivers."""
