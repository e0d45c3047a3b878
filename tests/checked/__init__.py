"""The pod's viper code under CPython: pointer types like viper's, and arithmetic limited to 32 bits."""
