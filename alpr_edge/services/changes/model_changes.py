"""Adds and chooses models on record.

Before a unit's first start there is no record; that start says what is there.
"""

from datetime import date, datetime

from alpr_edge.access.authorisation.authoriser import Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.domain.access_log.changes import Subject, value_name
from alpr_edge.services.changes.values_in_force import choice_values, model_text
from alpr_edge.services.models.choice import Tell, choose_models
from alpr_edge.services.models.installation import AddedModels, ModelFiles, add_models
from alpr_edge.settings import Settings
from alpr_edge.vision.model_files.choice import ModelChoice
from alpr_edge.vision.model_files.manifest import load_model


def add_models_on_record(
    files: ModelFiles, settings: Settings, authoriser: Authoriser | None, today: date
) -> AddedModels:
    """Add models (:func:`~alpr_edge.services.models.installation.add_models`), and record which.

    Args:
        authoriser: allows it and puts it on record; None: the unit has no log yet.

    Raises:
        AccessError: it is refused.
        ModelError: a file, a contract or a name is wrong, or the folder cannot be written.
        StoreError: it is not on record, or the folder cannot be made.
    """
    if authoriser is None:
        return add_models(files, settings, today)
    with authoriser.access(Operation.CHANGE_MODELS) as access:
        added = add_models(files, settings, today)
        models = (
            load_model(added.folder, "detector", added.detector),
            load_model(added.folder, "reader", added.reader),
        )
        access.changes = authoriser.changes_to(
            {value_name(Subject.ADDED_MODEL, f"{it.role}:{it.name}"): model_text(it) for it in models}
        )
        return added


def choose_models_on_record(
    settings: Settings, authoriser: Authoriser | None, now: datetime, tell: Tell = lambda *_: None
) -> ModelChoice:
    """Choose between float32 and int8 (:func:`~alpr_edge.services.models.choice.choose_models`), and record the choice.

    Args:
        authoriser: allows it and puts it on record; None: the unit has no log yet.

    Raises:
        AccessError: it is refused.
        ModelError: there is no data folder, no int8 file, or a file that is missing, changed or unusable.
        StoreError: it is not on record.
    """
    if authoriser is None:
        return choose_models(settings, now, tell)
    with authoriser.access(Operation.CHANGE_MODELS) as access:
        choice = choose_models(settings, now, tell)
        access.changes = authoriser.changes_to(choice_values(choice))
        return choice
