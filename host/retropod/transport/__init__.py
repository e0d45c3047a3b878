"""Ways to a pod: bytes in, bytes out, nothing about messages."""
