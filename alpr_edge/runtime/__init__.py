"""The machinery that runs stages: channels, supervisor, watchdog, health and clocks. It handles no plates itself."""
