# Read by bash before each snippet of the docs. `npx` runs what is on the PATH, and what runs until it is stopped runs in the background until the
# snippet ends.
npx() { "$@"; }

stop_all() { for pid in $background; do kill -TERM "$pid" 2>/dev/null; done; wait; }
background=""
trap stop_all EXIT

until_stopped() {
  log=$(mktemp -p .)
  VALENCE_PORT=0 VALENCE_HTTP_PORT=0 VALENCE_EXPORT_PORT=0 command valence "$@" 2>"$log" &
  pid=$!
  background="$background $pid"
  until grep -q "ready\|http://" "$log"; do
    kill -0 "$pid" 2>/dev/null || { cat "$log" >&2; exit 1; }
    sleep 0.1
  done
}

valence() {
  case "$1 ${2:-}" in
    serve*) until_stopped "$@" ;;
    work* | "queue export"*) VALENCE_REDIS=${VALENCE_REDIS:-$DOCS_REDIS} until_stopped "$@" ;;
    queue* | dead*) VALENCE_REDIS=${VALENCE_REDIS:-$DOCS_REDIS} command valence "$@" ;;
    *) command valence "$@" ;;
  esac
}
