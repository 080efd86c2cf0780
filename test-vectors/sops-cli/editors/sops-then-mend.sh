# Leaves a reserved key the first time.
if grep -q '^sops: mine' "$1"; then printf 'user: mended\n' > "$1"; else printf 'a: 1\nsops: mine\n' > "$1"; fi
