"""Tests of the MCP server, called by a client of the same package."""

import asyncio
import sys
from typing import Any, List

import pytest
from project import SAMPLES

pytest.importorskip("mcp.client.client")  # mcp 2.0 or later
pytestmark = pytest.mark.slow

URL = "https://aka.ms/azsdk/image-analysis/sample.jpg"


async def texts_of(*calls: Any) -> List[str]:
    """Start the server in the folder of the samples, call tools with an image each, and return their texts."""
    from mcp import Client
    from mcp.client.stdio import StdioServerParameters

    program = str(SAMPLES / "sample_mcp_server.py")
    environment = {"NO_PROXY": "127.0.0.1"}
    server = StdioServerParameters(command=sys.executable, args=[program], cwd=str(SAMPLES), env=environment)
    async with Client(server) as agent:
        results = [await agent.call_tool(tool, {"image": image}) for tool, image in calls]
    return [f"error: {result.content[0].text}" if result.is_error else result.content[0].text for result in results]


def test_agent_sees_images_and_what_went_wrong() -> None:
    found = [("read_text", "sample.jpg"), ("describe", URL), ("find_objects", "sample.jpg")]
    refused = [("describe", "../README.md"), ("describe", "none.jpg"), ("describe", "README.md")]
    read, described, objects, *errors = asyncio.run(texts_of(*found, *refused))
    assert read == "Quiet reading room\nOpen daily 9 to 18\nTea is on the house"
    assert described == "a woman sitting at a table with a laptop"
    assert objects.startswith("person at {'x': 328,")
    assert all(error.startswith("error: ") for error in errors)
    outside, missing, not_an_image = errors
    assert "is not below" in outside and "No such file" in missing and "Image format is not valid" in not_an_image
