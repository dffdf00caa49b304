"""The pages of the board of hits, and the streams that keep them live."""
