"""What the machine can bear: how many frames a second are taken from the cameras."""
