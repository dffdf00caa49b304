"""What every message between a unit and its department has in common."""

from pydantic import BaseModel, ConfigDict


class Payload(BaseModel):
    """A message: it never changes, ignores fields of newer versions, and holds no number that JSON cannot express."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)
