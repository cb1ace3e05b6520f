#!/usr/bin/env bash
# Registers a connector that is a manifest only, bound to a small HTTP service (a second host: its own REST API), calls it, updates it to
# 1.1.0 while 4 clients call it without a pause, restarts the host half-way, is refused what has to be refused, and takes it away again.
# Everything happens in a temporary directory; nothing is left behind.
set -euo pipefail
cd "$(dirname "$0")/.."

clients=4
work=$(mktemp -d)
processes=()
callers=()
stop() {
  for process in "${callers[@]}" "${processes[@]}"; do
    kill "$process" 2>/dev/null && wait "$process" 2>/dev/null
  done
  rm -rf "$work"
}
trap stop EXIT
fail() { echo "registry: $*" >&2; exit 1; }

until_true() { # SECONDS COMMAND…
  local bound=$(( SECONDS + $1 )); shift
  until "$@"; do
    [ "$SECONDS" -lt "$bound" ] || { tail -n 20 "$work"/*.log >&2; fail "waited in vain for: $*"; }
    sleep 0.1
  done
}
url_of() { sed -n 's/^listening on *//p' "$work/$1.log" 2> /dev/null || true; }
listening() { [ -n "$(url_of "$1")" ]; }
start() { # NAME ADDRESS: starts a host with a data directory of its own
  dotnet src/PluginRuntime.Host/bin/Release/net10.0/PluginRuntime.Host.dll --urls "$2" --data "$work/$1" --config "$work/none.json" > "$work/$1.log" 2>&1 &
  processes+=($!)
  until_true 30 listening "$1"
}

dotnet build src/PluginRuntime.Host -c Release --nologo -v quiet -clp:NoSummary > "$work/build.txt" || { cat "$work/build.txt" >&2; fail "building the host failed"; }
echo '{ "instances": {} }' > "$work/none.json"
start service http://127.0.0.1:0
start host http://127.0.0.1:0
service=$(url_of service) url=$(url_of host)
printf 'header = "Authorization: Bearer %s"\nheader = "Content-Type: application/json"\nsilent\n' "$(cat "$work/host/admin.key")" > "$work/curl"

manifest() { # VERSION NAME: the second version tells the name of the action otherwise
  cat <<JSON
{ "manifest": { "manifestVersion": 1, "id": "custom_connector", "name": "Custom Connector", "version": "$1", "description": "Asks a host.", "category": "custom",
  "auth": { "type": "bearer" }, "http": { "baseUrl": "${service%/}", "healthPath": "/health/live" },
  "actions": [ { "id": "custom_action", "name": "$2", "description": "The manifest of a connector.", "idempotent": true,
    "inputSchema": { "type": "object", "required": ["id"], "properties": { "id": { "type": "string" } }, "additionalProperties": false },
    "outputSchema": { "type": "object", "required": ["id", "version"] },
    "http": { "method": "GET", "path": "/api/connectors/{id}" } } ] } }
JSON
}
request() { # METHOD PATH [BODY]: prints the status, then the body
  curl -K "$work/curl" -X "$1" ${3:+--data "$3"} -w '\n%{http_code}' "$url/api/$2" | { mapfile -t lines; echo "${lines[-1]} ${lines[*]::${#lines[@]}-1}"; }
}
expect() { # STATUS TEXT METHOD PATH [BODY]
  local answer; answer=$(request "${@:3}")
  case "$answer" in "$1 "*"$2"*) echo "$3 /api/$4: $1 $2" ;; *) fail "$3 /api/$4 answered $answer" ;; esac
}
call() { request POST instances/custom/actions/custom_action '{"id":"demo"}'; }
answered() { [[ "$(call)" == '200 '*'"id":"demo"'* ]]; }
runs() { request GET instances/custom | grep -q "\"generation\":{\"connector\":\"custom_connector\",\"version\":\"$1\""; }

expect 201 '"connectorId":"custom_connector","version":"1.0.0"' POST connectors/register "$(manifest 1.0.0 "Custom Action")"
instance="{\"connector\":\"custom_connector\",\"version\":\"^1.0\",\"bake\":{\"time\":\"0s\"},\"credentials\":{\"type\":\"bearer\",\"token\":\"$(cat "$work/service/admin.key")\"}}"
expect 201 '"name":"custom"' PUT instances/custom "$instance"
until_true 30 answered
expect 200 '"id":"demo"' POST instances/custom/actions/custom_action '{"id":"demo"}'

for i in $(seq "$clients"); do
  curl -K "$work/curl" --rate 60/s --data '{"id":"demo"}' -o /dev/null -w '%{stderr}%{http_code}\n' \
    "$url/api/instances/custom/actions/custom_action#[1-1000000]" 2> "$work/calls.$i" &
  callers+=($!)
done
expect 200 '"version":"1.1.0"' PUT connectors/custom_connector "$(manifest 1.1.0 "Custom Action, newer")"
until_true 30 runs 1.1.0
many() { [ "$(cat "$work"/calls.* | wc -l)" -ge 400 ]; }
until_true 60 many
kill "${callers[@]}"; wait "${callers[@]}" 2>/dev/null || true
callers=()
calls=$(cat "$work"/calls.* | wc -l) failed=$(cat "$work"/calls.* | grep -cv '^200$' || true)
echo "$calls calls during the update, $failed failed"
[ "$failed" -eq 0 ] || fail "$failed calls failed"

kill "${processes[1]}"; wait "${processes[1]}" 2>/dev/null || true
start host "${url%/}"
until_true 30 runs 1.1.0
answered || fail "after the restart it does not answer: $(call)"
echo "restarted: it runs 1.1.0"

expect 409 version.unchanged PUT connectors/custom_connector "$(manifest 1.1.0 "Custom Action")"
expect 409 version.unchanged PUT connectors/custom_connector "$(manifest 1.0.0 "Custom Action")"
expect 409 version.lower PUT connectors/custom_connector "$(manifest 1.0.1 "Custom Action")"
expect 403 connector.builtin DELETE connectors/demo
expect 409 connector.in-use DELETE connectors/custom_connector
expect 200 '"change":"delete"' DELETE instances/custom
expect 200 '"connectorId":"custom_connector"' DELETE connectors/custom_connector
expect 404 connector.unknown GET connectors/custom_connector
