"""What must not be seen in a trace?"""

SIGNATURE = "a-signature"
TEXT = "two boats on a lake"
IMAGE_URL = f"https://images.example/private.jpg?signature={SIGNATURE}"
