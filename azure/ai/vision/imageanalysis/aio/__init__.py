"""The asynchronous client of Azure AI Image Analysis 4.0. It needs aiohttp, or another asynchronous transport."""

from ._client import ImageAnalysisClient

__all__ = ["ImageAnalysisClient"]
