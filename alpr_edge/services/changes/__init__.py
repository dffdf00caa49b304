"""What a unit works by, under the access log: every change is recorded, and what is in force is compared with it."""
