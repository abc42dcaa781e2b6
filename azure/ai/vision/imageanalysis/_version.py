"""The version of the library."""

VERSION = "1.2.0"
