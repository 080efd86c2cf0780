# Leaves the file as it is.
:
