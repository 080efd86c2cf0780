# Changes a value, in any format.
sed 's/s3cret/changed/' "$1" > "$1.new" && cat "$1.new" > "$1" && rm "$1.new"
