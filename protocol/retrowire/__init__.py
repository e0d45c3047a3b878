"""The wire and the stored run, as pod and host both know them: schema, codec, framing, run files."""
