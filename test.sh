#!/usr/bin/env bash
# Runs the whole test suite. Options: --long adds the proofs that take minutes; --install installs what is missing (needs root).
# Ends with a line "N passed, N failed, N skipped".
set -uo pipefail
cd "$(dirname "$0")"

long=0
install=$([ "$(id -u)" -eq 0 ] && echo 1 || echo 0)
for argument in "$@"; do
  case "$argument" in
    --long) long=1 ;;
    --install) install=1 ;;
    *) echo "test.sh: unknown option '$argument'. Options: --long, --install." >&2; exit 2 ;;
  esac
done

can_install() { [ "$install" -eq 1 ] && command -v apt-get > /dev/null 2>&1; }
updated=0
apt() { # PACKAGE OPTION...
  [ "$updated" -eq 1 ] || apt-get update -qq > /dev/null || return
  updated=1
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${@:2}" "$1" > /dev/null
}
need() { # COMMAND PACKAGE: what the scripts under test use besides .NET
  command -v "$1" > /dev/null && return
  if can_install; then
    echo "Installing $2, which provides $1."
    apt "$2" || { echo "Installing $2 failed." >&2; exit 1; }
  else
    echo "Missing: $1 (package $2). Install it, or run ./test.sh --install as root." >&2
    exit 1
  fi
}
need dotnet dotnet-sdk-10.0
need curl curl
want() { # COMMAND PACKAGE: what one proof uses, and can do without
  command -v "$1" > /dev/null && return
  if can_install && apt "$2" --no-install-recommends; then return; fi
  echo "Skipped: what needs $1 (package $2). Run ./test.sh --long --install as root."
}
[ "$long" -eq 0 ] || want prometheus prometheus
want strace strace

# The tests find it where Debian puts it, too, which is not on PATH. Without it they are reported as skipped.
if ! ls /usr/lib/postgresql/*/bin/initdb > /dev/null 2>&1 && ! command -v initdb > /dev/null; then
  if can_install; then
    need initdb postgresql
  else
    echo "Skipped: the tests of the postgres connector and of the state in PostgreSQL, because PostgreSQL is missing (package postgresql). ./test.sh --install, as root, installs it."
  fi
fi

# Its Python library alone: the tests run it as processes of their own. The packages with its daemons are not needed, and would start them.
if ! /usr/bin/python3 -c "import swift.common.wsgi, swift.common.middleware.s3api, lxml, xattr, pyeclib" > /dev/null 2>&1; then
  if can_install; then
    echo "Installing python3-swift, which the tests of the s3 connector run."
    apt python3-swift --no-install-recommends || { echo "Installing python3-swift failed." >&2; exit 1; }
  else
    echo "Skipped: the tests of the s3 connector on a real server, because OpenStack Swift is missing (package python3-swift). ./test.sh --install, as root, installs it."
  fi
fi

# RabbitMQ is the tests' own: the package's service must not start, nor stay. Without it they are reported as skipped.
if ! ls /usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server > /dev/null 2>&1 && ! command -v rabbitmq-server > /dev/null; then
  if can_install; then
    echo "Installing rabbitmq-server, without its service."
    made=0
    [ -e /usr/sbin/policy-rc.d ] || { printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d; chmod +x /usr/sbin/policy-rc.d; made=1; }
    apt rabbitmq-server --no-install-recommends || echo "Skipped: the tests of the rabbitmq connector, because rabbitmq-server could not be installed."
    [ "$made" -eq 0 ] || rm -f /usr/sbin/policy-rc.d
  else
    echo "Skipped: the tests of the rabbitmq connector, because RabbitMQ is missing (package rabbitmq-server). ./test.sh --install, as root, installs it."
  fi
fi

[ "$install" -eq 1 ] && ./tests/openapi-validate.sh --install
./tests/openapi-validate.sh --check || echo "Skipped: the check of the OpenAPI documents by outside validators, which need node and npm. Run ./test.sh --install."

export PLUGINRUNTIME_LONG_TESTS=$long
# .NET maps the code that it compiles twice, so that no page can be both written and run. Of the start of a process that is a sixth, and
# hundreds start here.
export DOTNET_EnableWriteXorExecute=0
log=$(mktemp); beside=$(mktemp)
trap 'rm -f "$log" "$beside"' EXIT
# With the compiler's server also where that is switched off: what is built, by the tests too, is built twice as fast. There it does not stay.
if [ "${UseSharedCompilation:-}" = false ]; then
  unset UseSharedCompilation
  trap 'rm -f "$log" "$beside"; dotnet build-server shutdown --vbcscompiler > /dev/null' EXIT
fi
status=0
dotnet build PluginRuntime.sln --nologo -v quiet -clp:NoSummary || { echo "0 passed, 1 failed, 0 skipped"; exit 1; }
run() { # PROJECT
  dotnet test "tests/$1" --no-build --nologo --logger "console;verbosity=minimal" 2>&1
}
run_small() {
  local status=0
  run PluginRuntime.Sdk.Testing.Tests || status=$?
  run PluginRuntime.Analyzers.Tests || status=$?
  return "$status"
}
# Not all at once: they start processes by the dozen, and a machine that is overrun fails tests that wait for it. The library's tests wait
# half of their time, which the small projects use.
run PluginRuntime.Host.Tests | tee "$log" || status=$?
trap 'kill 0' INT # what runs in the background does not hear Ctrl-C
run_small > "$beside" & small=$!
run PluginRuntime.Tests | tee -a "$log" || status=$?
wait "$small" || status=$?
tee -a "$log" < "$beside"
[ "$long" -eq 1 ] || echo "Skipped: the proofs that take minutes. Run ./test.sh --long for them."

sum() { grep -E '(Passed|Failed|Skipped)! +- Failed: ' "$log" | sed -nE "s/.*$1: +([0-9]+).*/\1/p" | awk '{ total += $1 } END { print total + 0 }'; }
passed=$(sum Passed); failed=$(sum Failed); skipped=$(sum Skipped)
for project in tests/*.Tests; do
  grep -qE "(Passed|Failed|Skipped)! +- Failed: .* $(basename "$project")\\.dll" "$log" || { echo "$(basename "$project") did not come to its end." >&2; status=1; failed=$((failed + 1)); }
done
failed=$((failed + $(grep -c '^Test Run Aborted' "$log")))
if [ "$passed" -eq 0 ]; then echo "No test ran." >&2; status=1; failed=$((failed > 0 ? failed : 1)); fi
if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then failed=1; fi
echo "$passed passed, $failed failed, $skipped skipped"
exit "$status"
