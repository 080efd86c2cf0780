# Adds a line.
printf 'added: later\n' >> "$1"
