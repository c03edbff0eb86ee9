"""What is generated where no real rows are at hand: strokes, shapes, voices, faces, sentences."""
