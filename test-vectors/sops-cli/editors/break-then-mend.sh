# Leaves a broken file the first time.
if grep -q '^broken: \[' "$1"; then printf 'user: mended\n' > "$1"; else printf 'broken: [\n' > "$1"; fi
