"""Rules by which a unit is judged fit: checks and their limits, image quality, aiming and the test card."""
