"""What the ignition says, and how the power is let go."""
