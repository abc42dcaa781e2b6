"""An AzureError that is raised where the transport works is retried only if it says that the network failed."""

from typing import Type

import pytest
from azure.core.exceptions import AzureError, DecodeError, HttpResponseError, ServiceRequestError, ServiceResponseError
from client_kinds import ClientKind


@pytest.mark.parametrize("kind", [AzureError, HttpResponseError, DecodeError])
def test_an_azure_error_that_is_not_the_networks_is_not_retried(
    client_kind: ClientKind, kind: Type[AzureError]
) -> None:
    error = kind("mine")
    transport = client_kind.transport(error)
    with client_kind.client(transport=transport) as client:
        with pytest.raises(AzureError, match="mine") as caught:
            client.analyze(b"image", ["tags"])
    assert caught.value is error
    assert (len(transport.sent), transport.slept) == (1, [])


@pytest.mark.parametrize("error", [ServiceRequestError("lost"), ServiceResponseError("lost")], ids=repr)
def test_an_azure_error_of_the_network_is_retried(client_kind: ClientKind, error: AzureError) -> None:
    transport = client_kind.transport(error)
    with client_kind.client(transport=transport, retry_total=1) as client:
        with pytest.raises(type(error), match="lost"):
            client.analyze(b"image", ["tags"])
    assert len(transport.sent) == 2
