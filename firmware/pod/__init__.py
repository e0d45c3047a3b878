"""What runs on the pod."""

VERSION = (0, 1, 0)
