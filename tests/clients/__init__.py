"""Programs of other people, which know the service by its OpenAPI document only."""
