"""What the gateway can do wrong: each behaviour by its name, with a sentence."""
