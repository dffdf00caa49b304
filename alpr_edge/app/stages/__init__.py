"""The stages that run in the daemons beside recognition and delivery."""
