"""The wire and the stored run, shared by pod and host: schema, codec, framing, run files."""
