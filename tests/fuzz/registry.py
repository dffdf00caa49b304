"""Every parser that is fuzzed, by the name under which its figures are told."""

from tests.fuzz.fuzz_run import Target
from tests.fuzz.targets import department, lists, packages, pages, people, pictures, position, settings, uplink

TARGETS = {
    "sentences": Target(position.sentences, 150),
    "pictures": Target(pictures.pictures, 1500, memory_mb_max=700),
    "stored-pictures": Target(pictures.stored_pictures, 2000, memory_mb_max=700),
    "videos": Target(pictures.videos, 60, memory_mb_max=700),
    "settings": Target(settings.settings, 60),
    "rosters": Target(people.rosters, 150),
    "people-files": Target(people.people_files, 3000),
    "feeds": Target(lists.feeds, 1000),
    "feed-files": Target(lists.feed_files, 500),
    "uplink-answers": Target(uplink.answers, 1000),
    "uplink-wire": Target(uplink.wire, 60),
    "department-holds": Target(uplink.department_holds, 100),
    "certificates": Target(uplink.certificates, 1000),
    "items": Target(department.items, 200),
    "requests": Target(department.requests, 100),
    "enrolments": Target(department.enrolments, 300),
    "media": Target(department.media, 150),
    "containers": Target(packages.containers, 20),
    "signed-packages": Target(packages.signed_packages, 60),
    "time-stamps": Target(packages.time_stamps, 1000),
    "console": Target(pages.console, 40),
    "invitations": Target(pages.invitations, 60),
}
