# Writes a file of its own.
printf 'just text' > "$1"
