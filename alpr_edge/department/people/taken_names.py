"""What somebody else has already."""

from alpr_edge.domain.errors import DepartmentError


class TakenError(DepartmentError):
    """An id, a badge, an address or a single sign-on is somebody else's, of those who left too."""
