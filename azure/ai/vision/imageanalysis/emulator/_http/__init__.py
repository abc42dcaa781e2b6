"""The HTTP side: routes, access, requests and responses."""
