"""How pages stay live: who notices that something changed, and the streams of events that tell pages so."""
