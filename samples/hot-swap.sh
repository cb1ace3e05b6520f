#!/usr/bin/env bash
# Calls a connector without a pause from 8 clients while its next version is built and dropped in, and shows that no call is lost and
# that the old version leaves the process. Everything happens in a temporary directory; nothing is left behind.
set -euo pipefail
cd "$(dirname "$0")/.."

clients=8
work=$(mktemp -d)
host=""
callers=()
stop() {
  for process in "${callers[@]}" $host; do
    kill "$process" 2>/dev/null && wait "$process" 2>/dev/null
  done
  rm -rf "$work"
}
trap stop EXIT
fail() { echo "hot-swap: $*" >&2; exit 1; }

build() { # VERSION: publishes the connector, then makes it visible in the drop-in folder by one rename
  dotnet publish samples/Greeter -c Release -p:Version="$1" -o "$work/drop/.greeter-$1" --nologo -v quiet || fail "building version $1 failed"
  mv "$work/drop/.greeter-$1" "$work/drop/greeter-$1"
}

mkdir -m 700 "$work/drop"
dotnet build src/PluginRuntime.Host -c Release --nologo -v quiet -clp:NoSummary > "$work/build.log" || { cat "$work/build.log" >&2; fail "building the host failed"; }
build 1.0.0
cat > "$work/connectors.json" <<'JSON'
{ "instances": { "greeter": { "connector": "greeter", "version": "^1.0", "pool": { "size": 8 }, "bake": { "time": "3s" } } } }
JSON

dotnet src/PluginRuntime.Host/bin/Release/net10.0/PluginRuntime.Host.dll --urls http://127.0.0.1:0 \
  --data "$work/data" --plugins "$work/drop" --config "$work/connectors.json" > "$work/host.log" 2>&1 &
host=$!

until_true() { # SECONDS COMMAND…
  local bound=$(( SECONDS + $1 )); shift
  until "$@"; do
    kill -0 "$host" 2>/dev/null || { cat "$work/host.log" >&2; fail "the host ended"; }
    [ "$SECONDS" -lt "$bound" ] || { cat "$work/host.log" >&2; fail "waited in vain for: $*"; }
    sleep 0.1
  done
}
listening() { url=$(sed -n 's/^listening on *//p' "$work/host.log"); [ -n "$url" ]; }
until_true 30 listening
printf 'header = "Authorization: Bearer %s"\nheader = "Content-Type: application/json"\nsilent\n' "$(cat "$work/data/admin.key")" > "$work/curl"
status() { curl -K "$work/curl" "$url/api/instances/greeter"; }
runs() { status | grep -q "\"generation\":{\"connector\":\"greeter\",\"version\":\"$1\""; }
collected() { status | grep -q '"previous":{"version":"1.0.0".*"collected":true'; }
mapped() { grep -q "greeter/$1-" "/proc/$host/maps" 2>/dev/null; }

until_true 30 runs 1.0.0
for i in $(seq "$clients"); do
  # One connection and one call after the other; the part behind # stays with curl. Each status is written at once, unbuffered.
  curl -K "$work/curl" --rate 60/s --data '{"name":"you"}' -o /dev/null -w '%{stderr}%{http_code}\n' \
    "$url/api/instances/greeter/actions/greet#[1-1000000]" 2> "$work/calls.$i" &
  callers+=($!)
done
begin=$SECONDS
answered() { curl -K "$work/curl" --data '{"name":"you"}' "$url/api/instances/greeter/actions/greet" | grep -q "\"version\":\"$1\""; }
until_true 30 answered 1.0.0
[ ! -e "/proc/$host/maps" ] || mapped 1.0.0 || fail "version 1.0.0 is not in the process although it answers"

build 1.1.0
until_true 30 answered 1.1.0
until_true 120 collected
! mapped 1.0.0 || fail "files of version 1.0.0 are still mapped"
seconds=$(( SECONDS - begin ))
kill "${callers[@]}" 2>/dev/null || true
wait "${callers[@]}" 2>/dev/null || true

calls=$(cat "$work"/calls.* | wc -l)
failed=$(cat "$work"/calls.* | grep -cv '^200$' || true)
echo "calls $calls · failed $failed · 1.0.0 → 1.1.0 · old version collected"
echo "($clients clients, $(( calls / (seconds > 0 ? seconds : 1) )) calls/s; no file of 1.0.0 is mapped any more)"
[ "$failed" -eq 0 ] && [ "$calls" -gt 0 ]
