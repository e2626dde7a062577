"""The surfaces that a depth map shows: their points, normals and edges."""
