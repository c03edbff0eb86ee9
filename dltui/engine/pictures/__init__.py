"""One file per kind of picture that tasks show: tensors in, a payload (events.PAYLOADS) out."""
