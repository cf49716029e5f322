"""What an attacker sends, through the socket, to the service as it is served."""
