"""Client of a pod: frames, messages, requests, streams and the search for a port."""
