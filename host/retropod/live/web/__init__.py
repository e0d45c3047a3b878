"""The live page: its state, its access, and the server that shows it in browsers."""
