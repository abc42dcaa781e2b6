"""Where is the licence named? Here; everything else about the distribution is in pyproject.toml."""

from setuptools import setup

# The setuptools that Python 3.8 can have reads the licence of pyproject.toml only in the spelling that newer ones
# deprecate. Both take it from here.
setup(license="MIT")
