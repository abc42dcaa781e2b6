"""Pictures: decoding in worker processes, registered results, and the result of a call."""
