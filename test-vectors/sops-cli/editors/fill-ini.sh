# Writes a file of its own.
printf '[login]\nuser = new\n' > "$1"
