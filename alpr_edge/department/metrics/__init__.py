"""Figures of the department for a Prometheus: collected by its server, shown by a process that has nothing else."""
