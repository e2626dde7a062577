"""Where the results of jobs live: objects by key, Zarr arrays in them, the manifest that makes them official."""
