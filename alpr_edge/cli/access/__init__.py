"""Sign-in at the command line, and the options by which a command says what it is for."""
