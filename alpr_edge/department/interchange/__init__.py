"""What goes out to other systems by the settings, and what is imported from them."""
