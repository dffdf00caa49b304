"""What every message between a unit and its department has in common."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, WithJsonSchema

MomentText = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
"""A moment by RFC 3339 with its zone. A department refuses an item with another text; what it stored before is read."""


class Payload(BaseModel):
    """A message: it never changes, ignores fields of newer versions, and holds no number that JSON cannot express."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)
