# Writes a file of its own.
printf 'user: new\n' > "$1"
