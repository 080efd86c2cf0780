# Adds a line.
printf 'ADDED=later\n' >> "$1"
