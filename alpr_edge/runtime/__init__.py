"""What makes stages run: channels, supervisor, watchdog, health and clocks. It knows no plate."""
