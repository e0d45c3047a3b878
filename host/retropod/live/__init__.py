"""Live strides on a terminal."""
