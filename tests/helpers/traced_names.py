"""Values that no trace may contain."""

SIGNATURE = "a-signature"
TEXT = "two boats on a lake"
IMAGE_URL = f"https://images.example/private.jpg?signature={SIGNATURE}"
