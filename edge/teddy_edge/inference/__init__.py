"""Models: the only door to onnxruntime, the files, and who may run when."""
