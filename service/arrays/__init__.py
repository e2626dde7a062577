"""Arrays as they arrive: described first, decoded later."""
