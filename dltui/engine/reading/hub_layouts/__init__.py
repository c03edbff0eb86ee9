"""How rows of the hub are laid out as files of one's own, so that one reader reads both: a file for each sort of files
that a data kind names in its READS, with `write(rows, folder)`."""
