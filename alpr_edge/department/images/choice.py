"""Which place a department uses for its images: the bucket that ``department.toml`` names, else a folder in its own."""

from pathlib import Path

from alpr_edge.department.images.bucket import ObjectBucket
from alpr_edge.department.images.bucket_location import bucket_location
from alpr_edge.department.images.folder import ObjectFolder
from alpr_edge.department.images.objects import ObjectStore, TwoPlaces
from alpr_edge.department.settings import load_department_file

IMAGES_NAME = "images"


def image_folder(directory: Path) -> ObjectFolder:
    """The folder in a department's own."""
    return ObjectFolder(directory / IMAGES_NAME)


def image_bucket(directory: Path) -> ObjectBucket | None:
    """The bucket that a department's settings name; None: they name none. It is not asked for anything yet."""
    table = load_department_file(directory).images
    return ObjectBucket(bucket_location(table, directory)) if table.url else None


def image_objects(directory: Path) -> ObjectStore:
    """The place of a department's images; with a bucket also the folder, as long as images are in it.

    Raises:
        DepartmentError: the settings are wrong, or the bucket's credentials cannot be read.
        StoreError: the folder cannot be used.
    """
    folder, bucket = image_folder(directory), image_bucket(directory)
    if bucket is None:
        return folder
    return bucket if folder.is_empty else TwoPlaces(bucket, folder)
