"""Forms in which arrays travel: npy, safetensors, pictures, JSON. Headers are guarded before anything is allocated."""
