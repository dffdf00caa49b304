"""How long packages of evidence take, and how much memory."""
