"""The way of a frame: recognition, decision, alert and record, each camera's and the shared parts."""
