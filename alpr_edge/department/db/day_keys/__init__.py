"""The keys of a day, under which images and bodies of items are encrypted, and the master key that wraps them."""
