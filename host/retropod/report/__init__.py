"""Report of runs as one HTML file."""
