"""Between bytes and a pod: frames, messages, requests, streams and the search for a port."""
