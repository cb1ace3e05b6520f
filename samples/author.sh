#!/usr/bin/env bash
# Does what somebody does who writes a connector for the first time: makes one of the template, builds and tests it, sees an edit live in
# a running host, packs and publishes it, installs it on another host, and calls it there. Prints how long each step takes. Everything
# happens in a temporary directory; nothing is left behind but artifacts/.
set -euo pipefail
cd "$(dirname "$0")/.."

root=$PWD
work=$(mktemp -d)
children=()
stop() {
  for process in "${children[@]}"; do
    kill "$process" 2>/dev/null && wait "$process" 2>/dev/null
  done
  rm -rf "$work"
}
trap stop EXIT
fail() { echo "author: $*" >&2; exit 1; }

export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
# As where nobody has switched off the servers of the build.
unset UseSharedCompilation MSBUILDDISABLENODEREUSE DOTNET_CLI_USE_MSBUILD_SERVER
begin=$(date +%s%N)
last=$begin
since() { echo $(( ($(date +%s%N) - $1) / 1000000 )); } # milliseconds
step() { printf '%7d.%03d s  %s\n' $(( $(since "$last") / 1000 )) $(( $(since "$last") % 1000 )) "$1"; last=$(date +%s%N); }
quietly() { "$@" > "$work/step.log" 2>&1 || { cat "$work/step.log" >&2; fail "failed: $*"; }; }
until_true() { # SECONDS COMMAND…
  local bound=$(( SECONDS + $1 )); shift
  until "$@"; do
    [ "$SECONDS" -lt "$bound" ] || { tail -n 40 "$work"/*.log >&2; fail "waited in vain for: $*"; }
    sleep 0.05
  done
}
host() { # NAME ARGUMENTS…: starts a host in a directory of its own
  local name=$1; shift
  mkdir -p -m 700 "$work/$name/drop"
  (cd "$work/$name" && exec dotnet "$root/src/PluginRuntime.Host/bin/Release/net10.0/PluginRuntime.Host.dll" --urls http://127.0.0.1:0 "$@") > "$work/$name.log" 2>&1 &
  children+=($!)
  listening() { grep -q '^listening on' "$work/$name.log"; }
  until_true 60 listening
}
url() { sed -n 's/^listening on *//p' "$work/$1.log"; }
key() { cat "$work/$1/data/admin.key"; }
ask() { # HOST PATH CURL-ARGUMENTS…
  local name=$1 path=$2; shift 2
  curl -s -H "Authorization: Bearer $(key "$name")" -H 'Content-Type: application/json' "$@" "$(url "$name")/api/$path"
}
greet() { ask "$1" instances/weather/actions/greet --data '{"name":"Ada"}'; }
answers() { greet "$1" | grep -q "$2"; }

quietly ./pack.sh
step "pack.sh: the packages, into artifacts/"
quietly dotnet build src/PluginRuntime.Host -c Release --nologo -v quiet
step "dotnet build of the host"
# From here on the packages of this working tree, not of an earlier one under the same version; and nothing of it stays among the user's.
export NUGET_PACKAGES="$work/packages" DOTNET_CLI_HOME="$work/home"
quietly dotnet tool install PluginRuntime.Cli --tool-path "$work/tools" --add-source "$root/artifacts"
connector=$work/tools/connector
quietly dotnet new install "$root"/artifacts/PluginRuntime.Templates.*.nupkg
cd "$work"
quietly dotnet new connector -n Weather --feed "$root/artifacts"
step "dotnet tool install, dotnet new install, dotnet new connector -n Weather"
cd Weather
quietly dotnet build --nologo
grep -q ' 0 Warning(s)' "$work/step.log" || { cat "$work/step.log" >&2; fail "the build warns"; }
step "dotnet build: 0 warnings"
quietly dotnet test --no-build --nologo
step "dotnet test: $(sed -nE 's/.*(Passed: +[0-9]+).*/\1/p' "$work/step.log" | tr -s ' ')"

host one
(exec "$connector" dev Weather --plugins "$work/one/drop" --url "$(url one)" --key "$(key one)") > "$work/dev.log" 2>&1 &
children+=($!)
until_true 60 answers one 'Hello, Ada!'
step "connector dev: built, swapped in, and called: $(greet one)"
sed -i 's/{connection.Greeting}, {input.Name}!/{connection.Greeting}, dear {input.Name}!/' Weather/WeatherConnector.cs
saved=$(date +%s%N)
until_true 30 answers one 'Hello, dear Ada!'
live=$(since "$saved")
step "an edit: live $live ms after the save: $(greet one)"
[ "$live" -le 3000 ] || fail "the edit was live $live ms after its save; it has to be within 3000 ms"
sed -i 's/dear Ada/Ada/; s/Hello, Ada!/Hello, dear Ada!/' Weather/connector.test.json
quietly "$connector" pack Weather -o "$work/out"
step "connector pack: tested 100 cycles, and packed: $(basename "$work"/out/*.nupkg)"
mkdir "$work/feed"
quietly "$connector" push "$work"/out/weather.1.0.0.nupkg --source "$work/feed"
step "connector push to a folder"

PluginRuntime__Packages__Sources__0__Name=feed PluginRuntime__Packages__Sources__0__Location="$work/feed" host two
export CONNECTOR_URL CONNECTOR_KEY
CONNECTOR_URL=$(url two) CONNECTOR_KEY=$(key two)
quietly "$connector" install weather
ask two instances/weather -X PUT -o /dev/null --data '{"connector":"weather","version":"^1.0"}'
until_true 30 answers two 'Hello, dear Ada!'
step "installed on another host, and called: $(greet two)"
"$connector" show weather --connector | grep '^tests'

last=$begin
[ "$(since "$begin")" -le 300000 ] || fail "all of it took more than five minutes"
step "all of it"
