"""Declares the license; all other metadata is in pyproject.toml."""

from setuptools import setup

# The last setuptools for Python 3.8 reads the license from pyproject.toml only in a form that later ones deprecate. All
# of them accept this one.
setup(license="MIT")
