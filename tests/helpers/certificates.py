"""A throw-away certificate for localhost, whose authority no machine trusts."""

import ssl
from pathlib import Path
from typing import NamedTuple

import trustme


class Certificates(NamedTuple):
    """The certificates for both ends of a connection."""

    server: ssl.SSLContext
    """The TLS context of the server."""
    authority: str
    """The file that a client checks the server's certificate with: ``connection_verify=certificates.authority``."""


def make_certificates(folder: Path) -> Certificates:
    """Make an authority and a certificate for localhost and 127.0.0.1.

    :param pathlib.Path folder: Where to write the authority's file.
    :return: Both, in the form in which they are used.
    :rtype: Certificates
    """
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(server)
    file = folder / "authority.pem"
    authority.cert_pem.write_to_path(str(file))
    return Certificates(server, str(file))
