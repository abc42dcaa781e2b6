"""How does the service speak https without a certificate of its own?"""

import ssl
from pathlib import Path
from typing import Sequence

import trustme


def throw_away_context(names: Sequence[str], ca_file: Path) -> ssl.SSLContext:
    """Return the TLS settings of a server with a new certificate, which no one trusts but who trusts the CA file.

    :param names: The host names and addresses of the server.
    :param ca_file: Where to write the certificate of the authority that signed, in PEM.
    """
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(ca_file))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(*names).configure_cert(context)
    return context
