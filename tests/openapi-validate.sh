#!/usr/bin/env bash
# Validates an OpenAPI document with validators that others wrote.
#   openapi-validate.sh --install   fetches them, into the build output
#   openapi-validate.sh --check     says whether they are there
#   openapi-validate.sh FILE        validates
# Exit codes: 0 valid, 1 not valid, 3 the validators are not there.
set -uo pipefail
home="$(cd "$(dirname "$0")" && pwd)/PluginRuntime.Host.Tests/obj/openapi-validators"

if [ "${1:-}" = --install ]; then
  [ -d "$home/node_modules/@seriousme/openapi-schema-validator" ] && [ -d "$home/node_modules/@readme/openapi-parser" ] && exit 0
  command -v npm > /dev/null || exit 3
  mkdir -p "$home" && cd "$home" || exit 3
  echo '{"private":true,"type":"module"}' > package.json
  npm install --no-audit --no-fund --silent @seriousme/openapi-schema-validator@2.11.0 @readme/openapi-parser@9.0.0 > /dev/null 2>&1 || exit 3
  exit 0
fi

command -v node > /dev/null && [ -d "$home/node_modules/@readme/openapi-parser" ] || exit 3
[ "${1:-}" = --check ] && exit 0
[ -f "${1:-}" ] || { echo "Usage: $0 --install | --check | FILE" >&2; exit 2; }
file="$(realpath "$1")"
cd "$home" || exit 3
node --input-type=module - "$file" << 'SCRIPT'
import { readFileSync } from 'node:fs';
import { Validator } from '@seriousme/openapi-schema-validator';
import { compileErrors, validate } from '@readme/openapi-parser';

const read = () => JSON.parse(readFileSync(process.argv[2]));
const bySchema = await new Validator().validate(read());
const byReferences = await validate(read());
if (!bySchema.valid) console.log(JSON.stringify(bySchema.errors, null, 1));
if (!byReferences.valid) console.log(compileErrors(byReferences));
process.exit(bySchema.valid && byReferences.valid ? 0 : 1);
SCRIPT
