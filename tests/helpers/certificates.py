"""A temporary certificate for localhost, from an authority that no machine trusts."""

import ssl
from pathlib import Path
from typing import NamedTuple

import trustme


class Certificates(NamedTuple):
    """TLS settings of a server, and of a client that trusts it."""

    server: ssl.SSLContext
    """The server's TLS context."""
    authority: str
    """The path of the authority's certificate, for a client's ``connection_verify``."""


def make_certificates(folder: Path) -> Certificates:
    """Make an authority and a certificate for localhost and 127.0.0.1.

    :param pathlib.Path folder: Where to write the authority's certificate.
    """
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(server)
    file = folder / "authority.pem"
    authority.cert_pem.write_to_path(str(file))
    return Certificates(server, str(file))
