"""Does every cent add up?"""
