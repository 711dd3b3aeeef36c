#!/usr/bin/env node
import { processTerminal } from './process-terminal.ts';
import { runCli } from './run.ts';

/** Time for open handles to close after a command is done; then the process ends anyway. */
const LINGER_MS = 2_000;

// Trainyard says itself which Node it needs; the SDK's advice about its own future releases is noise here.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';

process.exitCode = await runCli(process.argv.slice(2), processTerminal());
setTimeout(() => process.exit(), LINGER_MS).unref();
