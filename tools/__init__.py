"""Developer tools: memory counting, document generators, figures. Not in the wheel."""
