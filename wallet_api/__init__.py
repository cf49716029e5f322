"""A wallet and withdrawal service in which one atomic update of one document moves the money."""
