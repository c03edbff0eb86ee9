"""A trained run taken elsewhere: its nets as ONNX or safetensors, its log as TensorBoard files."""
