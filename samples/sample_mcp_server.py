"""Makes the service a tool for AI agents: an MCP server that reads text, describes images and finds objects.

An agent, such as an assistant in an editor, starts this program and talks to it over its standard input and output
(Model Context Protocol). By default the server calls the emulator, which it starts itself. It opens only images in
the folder in which it was started, or below.

Run it:
    python sample_mcp_server.py

Packages to install besides the library: mcp (2.0 or later, Python 3.10 or later); for the emulator the library's extra
"emulator".

Environment variables to set, if the server should call your resource:
    VISION_ENDPOINT  the endpoint, https://<resource>.cognitiveservices.azure.com
    VISION_KEY       the key of the resource
"""

# [START server]
import os
from contextlib import ExitStack
from pathlib import Path

from azure.ai.vision.imageanalysis import ImageAnalysisClient
from azure.ai.vision.imageanalysis.emulator import ImageAnalysisEmulator
from azure.ai.vision.imageanalysis.models import ImageAnalysisResult, VisualFeatures
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import AzureError
from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError


def server_for(client: ImageAnalysisClient, folder: Path) -> MCPServer:
    server = MCPServer("image-analysis", log_level="WARNING")

    def analyze(image: str, feature: VisualFeatures) -> ImageAnalysisResult:
        try:
            if image.startswith("https://"):
                return client.analyze_from_url(image, [feature])
            path = (folder / image).resolve()
            if folder not in path.parents:
                raise ToolError(f"{image} is not below {folder}")
            return client.analyze(path.read_bytes(), [feature])
        except (AzureError, OSError) as error:
            raise ToolError(str(error)) from error  # the agent reads it

    @server.tool()
    def read_text(image: str) -> str:
        """Read the text in an image (OCR). The image is a path or an https URL."""
        read = analyze(image, VisualFeatures.READ).read
        blocks = read.blocks if read else []
        lines = [line.text for block in blocks for line in block.lines]
        return "\n".join(lines) or "There is no text in this image."

    @server.tool()
    def describe(image: str) -> str:
        """Describe an image in a sentence. The image is a path or an https URL."""
        caption = analyze(image, VisualFeatures.CAPTION).caption
        return caption.text if caption else ""

    @server.tool()
    def find_objects(image: str) -> str:
        """Find objects in an image, each with its box in pixels: x, y, w and h."""
        objects = analyze(image, VisualFeatures.OBJECTS).objects
        found = objects.list if objects else []
        lines = [f"{item.tags[0].name} at {item.bounding_box}" for item in found]
        return "\n".join(lines) or "There are no objects in this image."

    return server


def main() -> None:
    with ExitStack() as stack:
        if "VISION_ENDPOINT" not in os.environ:
            emulator = stack.enter_context(ImageAnalysisEmulator())
            os.environ.update(emulator.environment())
        credential = AzureKeyCredential(os.environ["VISION_KEY"])
        client = ImageAnalysisClient(os.environ["VISION_ENDPOINT"], credential)
        server_for(stack.enter_context(client), Path.cwd()).run()


# [END server]


if __name__ == "__main__":
    main()
