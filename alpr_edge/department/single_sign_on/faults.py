"""Why a single sign-on did not work."""

from alpr_edge.domain.errors import DepartmentError


class SignOnError(DepartmentError):
    """What the provider or the browser answered does not hold; the text goes on record and holds no secret."""


class ProviderDownError(SignOnError):
    """The provider does not answer, or not as one does; people sign in with their own factors meanwhile."""
