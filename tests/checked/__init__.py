"""The pod's viper code under CPython: pointer types with viper's semantics, and arithmetic held to 32 bits."""
