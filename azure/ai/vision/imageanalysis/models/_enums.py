"""The visual features that an analysis can find."""

from enum import Enum

from azure.core import CaseInsensitiveEnumMeta


class VisualFeatures(str, Enum, metaclass=CaseInsensitiveEnumMeta):
    """What the service looks for in an image. Any number of features can be asked for in one call."""

    TAGS = "tags"
    """Words for the things, living beings, scenery and actions in the image."""
    CAPTION = "caption"
    """One sentence for the whole image. English only, and only in some Azure regions."""
    DENSE_CAPTIONS = "denseCaptions"
    """Up to ten captions, each for one region of the image, the first for all of it. English only, and only in some
    Azure regions."""
    OBJECTS = "objects"
    """Physical objects, each with a box."""
    READ = "read"
    """Printed and handwritten text (OCR), with the outline of each line and word."""
    SMART_CROPS = "smartCrops"
    """The part of the image that suits a thumbnail of a given shape."""
    PEOPLE = "people"
    """People, each with a box."""
