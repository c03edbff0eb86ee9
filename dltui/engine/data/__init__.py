"""One file per data set; what is built in stands beside what is fetched."""
