"""Tests of which hosts and web pages may call the emulator, and of listening for other machines."""

import sys
from typing import Iterator

import pytest
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator
from emulator_calls import KEY, SAMPLE, RemoteEmulator, call

PAGE = "http://localhost:3000"


@pytest.mark.parametrize("host", ["LOCALHOST:5000", "[::1]", "127.1.2.3:80"])
def test_names_of_this_machine_may_be_called(emulator: ImageAnalysisEmulator, host: str) -> None:
    assert call(emulator, Host=host).status_code == 200


@pytest.mark.parametrize("host", ["example.com", "127.0.0.1.example.com", "10.0.0.1", "["])
def test_other_hosts_are_refused(emulator: ImageAnalysisEmulator, host: str) -> None:
    response = call(emulator, Host=host)
    assert (response.status_code, response.json()["error"]["code"]) == (403, "403")
    assert repr(host) in response.json()["error"]["message"]


@pytest.mark.parametrize("origin", ["https://example.com", "null", "http://localhost"])
@pytest.mark.parametrize("path", ["/health", "/_emulator/info"])
def test_pages_of_other_origins_are_refused(emulator: ImageAnalysisEmulator, path: str, origin: str) -> None:
    assert call(emulator, path=path, method="GET", Origin=origin).status_code == 403


def test_page_of_the_emulators_own_origin_may_call_it(emulator: ImageAnalysisEmulator) -> None:
    assert call(emulator, Origin=emulator.endpoint).status_code == 200


@pytest.fixture(scope="module")
def open_to_page() -> Iterator[ImageAnalysisEmulator]:
    with ImageAnalysisEmulator(allow_origin=[PAGE], ocr=False) as emulator:
        yield emulator


def test_browser_may_send_a_request_from_an_allowed_origin(open_to_page: ImageAnalysisEmulator) -> None:
    # The headers of Chrome 126 before a fetch() with a key and an image.
    preflight = call(
        open_to_page,
        body=b"",
        method="OPTIONS",
        Content_Type=None,
        Ocp_Apim_Subscription_Key=None,
        Accept="*/*",
        Access_Control_Request_Headers="content-type,ocp-apim-subscription-key",
        Access_Control_Request_Method="POST",
        Cache_Control="no-cache",
        Origin=PAGE,
        Referer=PAGE + "/",
        Sec_Fetch_Dest="empty",
        Sec_Fetch_Mode="cors",
        Sec_Fetch_Site="cross-site",
        User_Agent="Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0",
    )
    assert preflight.status_code == 204
    assert preflight.headers["Access-Control-Allow-Origin"] == PAGE
    assert preflight.headers["Access-Control-Allow-Methods"] == "POST"
    assert preflight.headers["Access-Control-Allow-Headers"] == "content-type,ocp-apim-subscription-key"
    assert open_to_page.requests == []


def test_page_of_an_allowed_origin_may_read_result_and_error(open_to_page: ImageAnalysisEmulator) -> None:
    for body, status in ((SAMPLE, 200), (b"", 400)):
        response = call(open_to_page, body=body, Origin=PAGE)
        assert response.status_code == status
        assert response.headers["Access-Control-Allow-Origin"] == PAGE
        assert response.headers["Access-Control-Expose-Headers"] == "*"
        assert response.headers["Vary"] == "Origin"


def test_only_allowed_origins_get_the_headers(open_to_page: ImageAnalysisEmulator) -> None:
    program = call(open_to_page)
    other_port = call(open_to_page, Origin=PAGE + "1")
    preflight = call(open_to_page, method="OPTIONS", Origin="http://evil", Access_Control_Request_Method="POST")
    assert [response.status_code for response in (program, other_port, preflight)] == [200, 403, 403]
    for response in (program, other_port, preflight):
        assert "Access-Control-Allow-Origin" not in response.headers


def test_pages_on_other_ports_of_an_allowed_host_are_refused() -> None:
    with ImageAnalysisEmulator(allow_host=["vision.test"], ocr=False) as emulator:
        assert call(emulator, Host="vision.test:8080").status_code == 200
        assert call(emulator, Host="vision.test:8080", Origin="http://vision.test:8080").status_code == 200
        assert call(emulator, Host="vision.test:8080", Origin="http://vision.test:3000").status_code == 403
        assert call(emulator, Host="other.test").status_code == 403


def test_emulator_listens_for_other_machines_if_it_is_told_to() -> None:
    with ImageAnalysisEmulator(host="0.0.0.0", key=KEY, allow_host=["emulator"], ocr=False) as emulator:
        assert emulator.endpoint.startswith("http://127.0.0.1:")
        assert call(emulator, Host="emulator:5000").status_code == 200
        assert call(emulator, Host="other:5000").status_code == 403
        if sys.platform == "linux":  # Elsewhere 127.0.0.2 need not be an address of the machine.
            other_interface = RemoteEmulator(emulator.endpoint.replace("127.0.0.1", "127.0.0.2"), KEY)
            assert call(other_interface).status_code == 200


def test_emulator_listens_on_ipv6() -> None:
    emulator = ImageAnalysisEmulator(host="::1", ocr=False)
    try:
        emulator.start()
    except OSError:
        pytest.skip("This machine has no IPv6.")
    assert emulator.endpoint.startswith("http://[::1]:")
    assert call(emulator).status_code == 200
    emulator.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="Elsewhere 127.0.0.2 need not be an address of the machine.")
def test_endpoint_of_another_interface_can_be_called() -> None:
    with ImageAnalysisEmulator(host="127.0.0.2", key=KEY, allow_host=["emulator"], ocr=False) as emulator:
        assert call(RemoteEmulator(emulator.endpoint, KEY)).status_code == 200
