"""Tests of the MCP server, called by a client of the same package."""

import asyncio
import sys
from typing import Any, List, Tuple

import pytest
from project import SAMPLES

pytest.importorskip("mcp.client.client")  # mcp 2.0 or later


def call(*calls: Tuple[str, str]) -> List[Any]:
    """Start the server in the folder of the samples, and call tools with an image."""
    from mcp import Client
    from mcp.client.stdio import StdioServerParameters

    async def call_tools() -> List[Any]:
        server = StdioServerParameters(
            command=sys.executable,
            args=[str(SAMPLES / "sample_mcp_server.py")],
            cwd=str(SAMPLES),
            env={"NO_PROXY": "127.0.0.1"},
        )
        async with Client(server) as agent:
            return [await agent.call_tool(tool, {"image": image}) for tool, image in calls]

    return asyncio.run(call_tools())


@pytest.mark.slow
def test_agent_reads_describes_and_finds() -> None:
    url = "https://aka.ms/azsdk/image-analysis/sample.jpg"
    results = call(("read_text", "sample.jpg"), ("describe", url), ("find_objects", "sample.jpg"))
    texts = [result.content[0].text for result in results]
    assert texts[0] == "Quiet reading room\nOpen daily 9 to 18\nTea is on the house"
    assert texts[1] == "a woman sitting at a table with a laptop"
    assert texts[2].startswith("person at {'x': 328,")


@pytest.mark.slow
def test_agent_is_told_what_went_wrong() -> None:
    outside, missing, text = call(("describe", "../README.md"), ("describe", "none.jpg"), ("describe", "README.md"))
    assert outside.is_error and "is not below" in outside.content[0].text
    assert missing.is_error and "No such file" in missing.content[0].text
    assert text.is_error and "Image format is not valid" in text.content[0].text
