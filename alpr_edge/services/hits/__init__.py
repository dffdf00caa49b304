"""What officers see of hits, and what they say of them."""
