"""Text recognition."""
