docs:
