"""The documentation that is served: the OpenAPI document, the page and the error reference."""
