"""The version of the library."""

VERSION = "1.3.0"
