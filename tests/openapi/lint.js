#!/usr/bin/env node
// SPDX-License-Identifier: GPL-3.0-or-later
// Lints the OpenAPI document that is named, by the rules of redocly.yaml beside this file; one line a finding.
"use strict";

const path = require("path");
const { createRequire } = require("module");

// The linter is installed elsewhere: node_modules stays out of the source.
const [document, modules] = process.argv.slice(2).map((name) => path.resolve(name));
const { lint, loadConfig } = createRequire(path.join(modules, "package.json"))("@redocly/openapi-core");

async function main() {
  const config = await loadConfig({ configPath: path.join(__dirname, "redocly.yaml") });
  const findings = await lint({ ref: document, config });
  for (const finding of findings) {
    const place = finding.location[0];
    console.log(`docs/openapi.json: ${place.pointer}: ${finding.ruleId}: ${finding.message}`);
  }
  process.exitCode = findings.length > 0 ? 1 : 0;
}

main().catch((error) => {
  console.log(`docs/openapi.json: cannot be linted: ${error.message}`);
  process.exitCode = 1;
});
