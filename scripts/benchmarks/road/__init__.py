"""What nobody chose: road photos, a real ride by vehicle, and lettering that is no plate."""
