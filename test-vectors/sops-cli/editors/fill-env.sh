# Writes a file of its own.
printf 'USER=new\n' > "$1"
