"""Tools that act on a board through the REPL, the boot loader or its file system."""
