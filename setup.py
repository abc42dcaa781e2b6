"""Declares the license. Everything else about the distribution is in pyproject.toml."""

from setuptools import setup

# setuptools on Python 3.8 reads the license from pyproject.toml only in a form that newer versions deprecate. Both read
# it from here.
setup(license="MIT")
