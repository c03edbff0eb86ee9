"""One file per family of models; the file's name is the kind."""
