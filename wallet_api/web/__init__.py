"""HTTP habits shared by every feature; knows Flask, knows no feature."""
