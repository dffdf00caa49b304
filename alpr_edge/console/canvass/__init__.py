"""The pages of canvasses: starting one, drawing its area, ending it, and what it found."""
