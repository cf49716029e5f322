"""How the gateway is spoken to: each protocol understands submissions and words answers."""
