"""The pages of officers and technicians: what each shows, and what its forms do."""
