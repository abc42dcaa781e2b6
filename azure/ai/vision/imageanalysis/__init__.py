"""Azure AI Image Analysis 4.0: captions, text, tags, objects, people and smart crops of an image, in one call.

The asynchronous client is in :mod:`azure.ai.vision.imageanalysis.aio`, the results are in
:mod:`azure.ai.vision.imageanalysis.models`.
"""

from ._client import ImageAnalysisClient
from ._version import VERSION

__version__ = VERSION
__all__ = ["ImageAnalysisClient"]
