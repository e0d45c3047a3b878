"""What strides mean: one number, one definition, one unit, in one place."""
