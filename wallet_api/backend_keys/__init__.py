"""Keys by which a company's own server acts for its users, without their passwords."""
