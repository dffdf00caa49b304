"""The access logs of units as the department has them: kept in order, compared with their checkpoints, cosigned."""
