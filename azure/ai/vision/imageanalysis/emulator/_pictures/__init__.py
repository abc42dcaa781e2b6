"""Pictures: decoding in worker processes, known results, and what a call returns."""
