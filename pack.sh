#!/usr/bin/env bash
# Packs the Sdk and the connectors of this repository into artifacts/. What is given goes to dotnet pack: ./pack.sh -p:Version=1.1.0
# is the version of the connectors; the Sdk's is decided in its project.
set -euo pipefail
cd "$(dirname "$0")"
for project in sdk/PluginRuntime.Sdk src/PluginRuntime sdk/PluginRuntime.Sdk.Testing sdk/PluginRuntime.Templates src/PluginRuntime.Cli plugins/*/*.csproj; do
  dotnet pack "$project" --nologo "$@"
done
