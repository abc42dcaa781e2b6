"""A certificate that is made for one run of the emulator."""

import ssl
from pathlib import Path
from typing import Any, Sequence

import trustme


def throw_away_context(names: Sequence[str], ca_file: Path) -> ssl.SSLContext:
    """Return the TLS settings of a server with a new certificate, which no one trusts but who trusts the CA file.

    :param names: The host names and addresses of the server.
    :param ca_file: Where to write the certificate of the authority that signed, in PEM.
    """
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(ca_file))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        certificate: Any = authority.issue_cert(*names)
    except ValueError as error:
        raise ValueError(f"'allow_host': a certificate cannot have one of the names: {error}") from None
    certificate.configure_cert(context)
    return context
