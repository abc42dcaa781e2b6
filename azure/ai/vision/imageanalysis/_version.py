"""Which version of the library is this?"""

VERSION = "1.1.0"
