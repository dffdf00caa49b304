"""Which reasons of a feed are immigration enforcement, which is withheld, and which only have a word of it."""

import pytest

from alpr_edge.domain.hits import Reason
from alpr_edge.hotlist.formats.base import Withheld
from tests.hotlist.feed_texts import csv_records, csv_text, only_entry


@pytest.mark.parametrize(
    "words",
    [
        *("ICE administrative warrant", "deported alien", "immigration violator", "NCIC Immigration Violator File"),
        *("WANTED BY ICE", "wanted by ice", "ice detainer", "ICE/ERO fugitive", "I.C.E. hold", "alien", "ice"),
        *("CRIMINAL ALIEN", "Criminal alien", "ALIENS IN VEHICLE", "Wanted alien", "CBP lookout", "USCIS referral"),
        *("Felony illegal reentry", "Felony - deported alien", "FELONY ICE WARRANT", "Missing immigration hearing"),
        *("Stolen identity, order of removal", "Border Patrol checkpoint", "Undocumented driver"),
    ],
)
def test_immigration_enforcement_is_withheld(words: str) -> None:
    assert csv_records(csv_text(f'ABC123,"{words}",CA')) == [Withheld(2)]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("AMBER ALERT - Border Patrol notified", Reason.AMBER_ALERT),
        ("Amber - CBP told", Reason.AMBER_ALERT),
        ("Felony vehicle, ICE notified", Reason.FELONY_VEHICLE),
        ("Stolen vehicle, driver deported in 2019", Reason.STOLEN_VEHICLE),
        ("STOLEN, SEEN BY ICE", Reason.STOLEN_VEHICLE),
        ("Stolen license plate, CBP lane 4", Reason.STOLEN_PLATE),
        ("Missing person, undocumented", Reason.MISSING_PERSON),
        ("Endangered missing - immigrant family", Reason.MISSING_PERSON),
        ("Silver Alert, USCIS told", Reason.MISSING_PERSON),
        ("Carjacking of CBP officer", Reason.OTHER),
        ("Kidnapping of undocumented minor", Reason.OTHER),
        ("Child abducted, Border Patrol told", Reason.OTHER),
        ("Homicide of an immigrant", Reason.OTHER),
        ("Assault on Border Patrol agent", Reason.OTHER),
        ("Felony warrant, CBP notified", Reason.OTHER),
        ("Missing, seen by Border Patrol", Reason.OTHER),
        ("Stolen vehicle, ice cream truck", Reason.OTHER),
        ("Stolen ICE cream van", Reason.OTHER),
        ("ICE CREAM TRUCK", Reason.OTHER),
        ("slid on ice, hit and run", Reason.OTHER),
        ("Truck with alien on the hood", Reason.OTHER),
        ("ALIEN STICKER ON BUMPER", Reason.OTHER),
    ],
)
def test_a_reason_with_a_ground_of_its_own_or_a_word_for_another_thing_is_kept(words: str, reason: Reason) -> None:
    entry = only_entry(csv_records(csv_text(f'ABC123,"{words}",CA')))
    assert (entry.reason, entry.remarks) == (reason, words)


def test_remarks_do_not_withhold_what_the_reason_has_a_ground_for() -> None:
    row = "ABC123,AMBER ALERT - Border Patrol notified,Border Patrol was told"
    (record,) = csv_records(csv_text(row, header="Plate,Category,Remarks"))
    assert only_entry([record]).reason is Reason.AMBER_ALERT
