# Changes a value and the metadata below it.
sed -e 's/s3cret/changed/' -e 's/unencrypted_suffix: _unencrypted/unencrypted_suffix: _clear/' "$1" > "$1.new" && cat "$1.new" > "$1" && rm "$1.new"
