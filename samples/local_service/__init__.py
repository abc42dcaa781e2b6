"""A stand-in of the Image Analysis service that runs on this machine, for samples and tests.

Where is the door? ``LocalService`` here, or ``python -m local_service`` in a terminal.
"""

from .server import LocalService

__all__ = ["LocalService"]
