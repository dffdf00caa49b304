"""Everything of plates, people, lists and logs that a service does for somebody: a closed list.

An operation that is not here cannot be asked for, so nothing is allowed by default. Its value is the word in the access
log. ``tests/cli/access/allowed_verbs.txt`` is the same list as people review it.
"""

from dataclasses import dataclass
from enum import StrEnum

from alpr_edge.domain.people.person import SourcePermission
from alpr_edge.domain.permissions.actions import Action


class Operation(StrEnum):
    """An operation of a service, by its word in the access log."""

    SHOW_READS = "show_reads"
    SEARCH_READS = "search_reads"
    SHOW_CAMERAS = "show_cameras"
    SHOW_HIT = "show_hit"
    DISPOSE_HIT = "dispose_hit"
    CORRECT_READ = "correct_read"
    LOOK_BACK = "look_back"
    MUTE_ALERTS = "mute_alerts"
    END_MUTE = "end_mute"
    QUIET_ENTRY = "quiet_entry"
    END_QUIET = "end_quiet"
    VERIFY_HIT = "verify_hit"
    SAY_NOT_DRIVING = "say_not_driving"
    EXPORT_PICTURE = "export_picture"
    EXPORT_CASE = "export_case"
    SHOW_EXPORTS = "show_exports"
    LIST_ACCESSES = "list_accesses"
    MATCH_PLATE = "match_plate"
    ADD_ENTRY = "add_entry"
    REMOVE_ENTRY = "remove_entry"
    SHOW_ENTRIES = "show_entries"
    SHOW_COVERT_ENTRIES = "show_covert_entries"
    HOLD_READ = "hold_read"
    RELEASE_READ = "release_read"
    SHOW_HOLDS = "show_holds"
    CONFIRM_HOLDS = "confirm_holds"
    START_CANVASS = "start_canvass"
    END_CANVASS = "end_canvass"
    SHOW_CANVASSES = "show_canvasses"
    SHOW_CANVASS_RESULT = "show_canvass_result"
    PROVE_RECORD = "prove_record"
    REPORT_LOG = "report_log"
    REVIEW_WEEK = "review_week"
    REPORT_TRANSPARENCY = "report_transparency"
    REPORT_PRECISION = "report_precision"
    REPORT_QUALITY = "report_quality"
    SHOW_LIST_CHANGES = "show_list_changes"
    IMPORT_LIST = "import_list"
    SYNC_LIST = "sync_list"
    ROLL_BACK_LIST = "roll_back_list"
    DROP_LIST = "drop_list"
    DISMISS_REFUSAL = "dismiss_refusal"
    REQUEUE_ITEMS = "requeue_items"
    OFFLOAD_ITEMS = "offload_items"
    APPLY_RECEIPTS = "apply_receipts"
    PREPARE_HANDOVER = "prepare_handover"
    SALVAGE_DATABASES = "salvage_databases"
    ACKNOWLEDGE_DATABASES = "acknowledge_databases"
    DISCARD_DATABASES = "discard_databases"
    CHANGE_SETTINGS = "change_settings"
    CHANGE_MODELS = "change_models"
    CREATE_KEYS = "create_keys"
    WRITE_SUPPORT_BUNDLE = "write_support_bundle"
    CHANGE_PEOPLE = "change_people"
    BEGIN_ROSTER = "begin_roster"
    SHOW_PEOPLE = "show_people"
    SIGN_OUT_PERSON = "sign_out_person"
    RECORD_TRAINING = "record_training"
    UNLOCK_ACCOUNT = "unlock_account"
    UNLOCK_BY_CODE = "unlock_by_code"
    ENTER_RELEASE = "enter_release"
    DECIDE_RELEASE = "decide_release"
    PACKAGE_RELEASE = "package_release"
    HAND_OVER_RELEASE = "hand_over_release"
    FOLLOW_UP_RELEASE = "follow_up_release"
    SHOW_RELEASES = "show_releases"
    ASK_OPENING = "ask_opening"
    APPROVE_OPENING = "approve_opening"
    OPEN_PACKAGE = "open_package"
    DRAW_AUDIT = "draw_audit"
    REVIEW_RECORDS = "review_records"
    SIGN_OFF_AUDIT = "sign_off_audit"
    SHOW_AUDITS = "show_audits"
    DECLARE_HOUSEHOLD = "declare_household"
    DECLARE_SHIFT = "declare_shift"
    RECORD_INCIDENT = "record_incident"
    SHOW_INCIDENTS = "show_incidents"
    SHOW_UNITS = "show_units"
    REVOKE_UNIT = "revoke_unit"
    PUBLISH_SETTINGS = "publish_settings"
    WITHDRAW_SETTINGS = "withdraw_settings"
    SHOW_LISTS = "show_lists"
    PUBLISH_LIST = "publish_list"
    SET_AUDIENCE = "set_audience"
    SAVE_SEARCH = "save_search"
    OPEN_SAVED_SEARCH = "open_saved_search"
    LIST_SAVED_SEARCHES = "list_saved_searches"
    DELETE_SAVED_SEARCH = "delete_saved_search"
    COUNT_SAVED_SEARCHES = "count_saved_searches"
    SHOW_OWN_ACCOUNT = "show_own_account"
    CHANGE_OWN_PASSWORD = "change_own_password"  # noqa: S105 - the name of an operation
    END_OWN_SESSION = "end_own_session"
    CHANGE_OWN_FACTORS = "change_own_factors"


@dataclass(frozen=True, slots=True)
class OperationRule:
    """What an operation needs."""

    action: Action
    """What the table of permissions is asked for."""
    is_change: bool = False
    """Whether it changes something: then it goes on record before it is done, and not only before it is shown."""
    is_upkeep: bool = False
    """Whether the owner of the unit's data, or root, may do it without signing in: it shows no plate."""
    source: SourcePermission | None = None
    """Whose data it shows, where that is always the same (policy 462.4(e))."""


def _change(action: Action) -> OperationRule:
    return OperationRule(action, is_change=True)


def _of_reads(action: Action, *, is_change: bool = False) -> OperationRule:
    """What shows reads: they are the department's data."""
    return OperationRule(action, is_change=is_change, source=SourcePermission.DEPARTMENT)


def _upkeep(action: Action) -> OperationRule:
    return OperationRule(action, is_change=True, is_upkeep=True)


RULES: dict[Operation, OperationRule] = {
    Operation.SHOW_READS: _of_reads(Action.SEE_READS),
    Operation.SEARCH_READS: _of_reads(Action.SEARCH),
    Operation.SHOW_CAMERAS: OperationRule(Action.SEE_CAMERAS),
    Operation.SHOW_HIT: OperationRule(Action.SEE_HITS),
    Operation.DISPOSE_HIT: _change(Action.DISPOSE),
    Operation.VERIFY_HIT: _change(Action.VERIFY),
    Operation.CORRECT_READ: _change(Action.DISPOSE),
    Operation.LOOK_BACK: OperationRule(Action.SEARCH),
    Operation.MUTE_ALERTS: _change(Action.MUTE),
    Operation.END_MUTE: _change(Action.MUTE),
    Operation.QUIET_ENTRY: _change(Action.DISPOSE),
    Operation.END_QUIET: _change(Action.DISPOSE),
    Operation.SAY_NOT_DRIVING: _change(Action.SAY_NOT_DRIVING),
    Operation.EXPORT_PICTURE: _of_reads(Action.SEE_READS),
    Operation.EXPORT_CASE: _of_reads(Action.EXPORT, is_change=True),
    Operation.SHOW_EXPORTS: OperationRule(Action.EXPORT),
    Operation.LIST_ACCESSES: _of_reads(Action.EXPORT),
    Operation.MATCH_PLATE: OperationRule(Action.SEARCH),
    Operation.ADD_ENTRY: _change(Action.ADD_ENTRY),
    Operation.REMOVE_ENTRY: _change(Action.ADD_ENTRY),
    Operation.SHOW_ENTRIES: OperationRule(Action.SEE_HITS),
    Operation.SHOW_COVERT_ENTRIES: OperationRule(Action.SEE_COVERT),
    Operation.HOLD_READ: _of_reads(Action.HOLD, is_change=True),
    Operation.RELEASE_READ: _change(Action.HOLD),
    Operation.SHOW_HOLDS: OperationRule(Action.HOLD),
    # Of a restored department: after it reads are deleted again.
    Operation.CONFIRM_HOLDS: _upkeep(Action.PURGE),
    Operation.START_CANVASS: _of_reads(Action.CANVASS, is_change=True),
    Operation.END_CANVASS: _change(Action.CANVASS),
    Operation.SHOW_CANVASSES: _of_reads(Action.CANVASS),
    Operation.SHOW_CANVASS_RESULT: _of_reads(Action.CANVASS),
    Operation.PROVE_RECORD: OperationRule(Action.SEE_LOG),
    Operation.REPORT_LOG: OperationRule(Action.SEE_LOG),
    Operation.REVIEW_WEEK: _change(Action.REVIEW),
    Operation.REPORT_TRANSPARENCY: OperationRule(Action.SEE_LOG),
    Operation.REPORT_PRECISION: OperationRule(Action.SEE_LOG),
    Operation.REPORT_QUALITY: OperationRule(Action.SEE_LOG),
    Operation.SHOW_LIST_CHANGES: OperationRule(Action.SEE_LOG),
    Operation.IMPORT_LIST: _upkeep(Action.MANAGE_LISTS),
    Operation.SYNC_LIST: _upkeep(Action.MANAGE_LISTS),
    Operation.ROLL_BACK_LIST: _upkeep(Action.MANAGE_LISTS),
    Operation.DROP_LIST: _upkeep(Action.MANAGE_LISTS),
    Operation.DISMISS_REFUSAL: _upkeep(Action.MANAGE_LISTS),
    Operation.REQUEUE_ITEMS: _upkeep(Action.MANAGE_SETTINGS),
    Operation.OFFLOAD_ITEMS: _upkeep(Action.MANAGE_SETTINGS),
    Operation.APPLY_RECEIPTS: _upkeep(Action.MANAGE_SETTINGS),
    Operation.PREPARE_HANDOVER: _upkeep(Action.MANAGE_SETTINGS),
    Operation.SALVAGE_DATABASES: _upkeep(Action.MANAGE_SETTINGS),
    Operation.ACKNOWLEDGE_DATABASES: _upkeep(Action.MANAGE_SETTINGS),
    Operation.DISCARD_DATABASES: _upkeep(Action.MANAGE_SETTINGS),
    Operation.CHANGE_SETTINGS: _upkeep(Action.MANAGE_SETTINGS),
    Operation.CHANGE_MODELS: _upkeep(Action.MANAGE_SETTINGS),
    Operation.CREATE_KEYS: _upkeep(Action.MANAGE_SETTINGS),
    Operation.WRITE_SUPPORT_BUNDLE: _upkeep(Action.MANAGE_SETTINGS),
    Operation.CHANGE_PEOPLE: _change(Action.MANAGE_PEOPLE),
    # Of a new unit alone, which holds no plate and which nobody can sign in to yet.
    Operation.BEGIN_ROSTER: _upkeep(Action.MANAGE_PEOPLE),
    Operation.SHOW_PEOPLE: OperationRule(Action.MANAGE_PEOPLE),
    Operation.SIGN_OUT_PERSON: _upkeep(Action.MANAGE_PEOPLE),
    Operation.RECORD_TRAINING: _change(Action.RECORD_TRAINING),
    Operation.UNLOCK_ACCOUNT: _change(Action.UNLOCK),
    # Whoever unlocks so need not be signed in: the department's code is what allows it.
    Operation.UNLOCK_BY_CODE: _upkeep(Action.UNLOCK),
    Operation.ENTER_RELEASE: _change(Action.ENTER_RELEASE),
    Operation.DECIDE_RELEASE: _change(Action.RELEASE),
    Operation.PACKAGE_RELEASE: _of_reads(Action.ENTER_RELEASE, is_change=True),
    Operation.HAND_OVER_RELEASE: _change(Action.ENTER_RELEASE),
    Operation.FOLLOW_UP_RELEASE: _change(Action.ENTER_RELEASE),
    Operation.SHOW_RELEASES: OperationRule(Action.SEE_RELEASES),
    Operation.ASK_OPENING: _change(Action.EXPORT),
    Operation.APPROVE_OPENING: _change(Action.EXPORT),
    Operation.OPEN_PACKAGE: _change(Action.EXPORT),
    Operation.DRAW_AUDIT: _change(Action.REVIEW),
    Operation.REVIEW_RECORDS: _change(Action.REVIEW),
    Operation.SIGN_OFF_AUDIT: _change(Action.SIGN_OFF),
    Operation.SHOW_AUDITS: OperationRule(Action.SEE_LOG),
    Operation.DECLARE_HOUSEHOLD: _change(Action.DECLARE_HOUSEHOLD),
    Operation.DECLARE_SHIFT: _change(Action.REVIEW),
    Operation.RECORD_INCIDENT: _change(Action.RECORD_INCIDENT),
    Operation.SHOW_INCIDENTS: OperationRule(Action.RECORD_INCIDENT),
    Operation.SHOW_UNITS: OperationRule(Action.MANAGE_SETTINGS),
    Operation.REVOKE_UNIT: _change(Action.MANAGE_PEOPLE),
    Operation.PUBLISH_SETTINGS: _upkeep(Action.SET_UNITS),
    Operation.WITHDRAW_SETTINGS: _upkeep(Action.SET_UNITS),
    Operation.SHOW_LISTS: OperationRule(Action.MANAGE_LISTS),
    Operation.PUBLISH_LIST: _change(Action.MANAGE_LISTS),
    Operation.SET_AUDIENCE: _change(Action.MANAGE_LISTS),
    Operation.SAVE_SEARCH: _of_reads(Action.SEARCH, is_change=True),
    Operation.OPEN_SAVED_SEARCH: _of_reads(Action.SEARCH),
    Operation.LIST_SAVED_SEARCHES: OperationRule(Action.KEEP_SEARCHES),
    Operation.DELETE_SAVED_SEARCH: _change(Action.KEEP_SEARCHES),
    Operation.COUNT_SAVED_SEARCHES: OperationRule(Action.MANAGE_PEOPLE),
    Operation.SHOW_OWN_ACCOUNT: OperationRule(Action.KEEP_OWN_ACCOUNT),
    Operation.CHANGE_OWN_PASSWORD: _change(Action.KEEP_OWN_ACCOUNT),
    Operation.END_OWN_SESSION: _change(Action.KEEP_OWN_ACCOUNT),
    Operation.CHANGE_OWN_FACTORS: _change(Action.KEEP_OWN_ACCOUNT),
}
"""What each operation needs."""
