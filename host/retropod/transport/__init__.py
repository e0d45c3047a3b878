"""Serial ports and sockets: they transport bytes and know no messages."""
