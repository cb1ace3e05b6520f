#!/usr/bin/env bash
# Packs the Sdk, the library, the conformance kit, the templates, the tool and the connectors of this repository into artifacts/. What is
# given goes to dotnet pack: ./pack.sh -p:Version=1.1.0 is the version of the connectors; the others' are decided in their projects.
set -euo pipefail
cd "$(dirname "$0")"
for project in sdk/PluginRuntime.Sdk src/PluginRuntime sdk/PluginRuntime.Sdk.Testing sdk/PluginRuntime.Templates src/PluginRuntime.Cli plugins/*/*.csproj; do
  dotnet pack "$project" --nologo "$@"
done
