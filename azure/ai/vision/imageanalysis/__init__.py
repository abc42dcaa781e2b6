"""Azure AI Image Analysis 4.0: captions, text, tags, objects, people and smart crops of an image, in one call.

The asynchronous client is in :mod:`azure.ai.vision.imageanalysis.aio`, the results are in
:mod:`azure.ai.vision.imageanalysis.models`.
"""

from azure.core import __version__ as _azure_core_version

from ._version import VERSION

if tuple(map(int, _azure_core_version.split(".")[:2])) < (1, 30):
    raise ImportError(f"azure-ai-vision-imageanalysis needs azure-core 1.30.0 or later, not {_azure_core_version}.")

from ._client import ImageAnalysisClient  # noqa: E402 - requires that azure-core

__version__ = VERSION
__all__ = ["ImageAnalysisClient"]
