# Fails.
exit 3
