// The command line: what can be said, and what is wrong with what was said.

import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

export const USAGE = `usage: node tests/draw/draw.mjs --prometheus URL --from UNIX --to UNIX --out FOLDER
       [--board NAME]... [--var NAME=VALUE]... [--boards FOLDER]

Draws each board of grafana/boards as FOLDER/<board>.png, from the answers of that Prometheus for the time from --from to --to
(seconds since 1970). --board draws only that one; --var sets a variable of the boards, several times for several values.
Needs Chromium (apt-get install chromium, or CHROMIUM=/path/to/it) and, the first time, the npm registry.`;

const TEXT = { type: 'string' };
const TEXTS = { type: 'string', multiple: true, default: [] };
const KNOWN = {
  prometheus: TEXT,
  from: TEXT,
  to: TEXT,
  out: TEXT,
  boards: TEXT,
  board: TEXTS,
  var: TEXTS,
  help: { type: 'boolean', short: 'h' },
};

/** The arguments, with times in seconds, paths resolved, and the variables as lists of values by name. */
export function readArguments(words) {
  const { values } = parseArgs({ args: words, options: KNOWN });
  if (values.help) return values;
  for (const name of ['prometheus', 'from', 'to', 'out']) {
    if (!values[name]) throw new Error(`--${name} is missing\n${USAGE}`);
  }
  const from = seconds('from', values.from);
  const to = seconds('to', values.to);
  if (to <= from) throw new Error(`--to ${to} is not after --from ${from}`);
  const boards = values.boards ?? fileURLToPath(new URL('../../../grafana/boards', import.meta.url));
  return {
    prometheus: values.prometheus.replace(/\/+$/, ''),
    from,
    to,
    out: resolve(values.out),
    boards: resolve(boards),
    board: values.board,
    variables: variables(values.var),
  };
}

function seconds(name, text) {
  const number = Number(text);
  if (!Number.isFinite(number) || number <= 0) throw new Error(`--${name} ${text} is no time in seconds since 1970`);
  return Math.floor(number);
}

function variables(pairs) {
  const found = new Map();
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    if (at < 1) throw new Error(`--var ${pair} is not NAME=VALUE`);
    const name = pair.slice(0, at);
    found.set(name, [...(found.get(name) ?? []), pair.slice(at + 1)]);
  }
  return found;
}
