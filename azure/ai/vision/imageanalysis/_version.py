"""Which version of the library is this?"""

VERSION = "1.2.0"
