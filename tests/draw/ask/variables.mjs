// The variables of a board and those Grafana knows by itself: what each stands for, what a person sees of it, and their
// replacement in expressions and texts.

import { inPromql } from './spans.mjs';

/** Each variable of the board with its `values` (none chosen is all) and what is shown at the top. */
export async function boardVariables(board, prometheus, { variables, from, to }) {
  const known = board.templating?.list ?? [];
  const found = [];
  for (const variable of known) {
    const resolved = await resolve(variable, variables.get(variable.name), { prometheus, from, to, found });
    found.push({ name: variable.name, label: variable.label || variable.name, hide: variable.hide ?? 0, ...resolved });
  }
  return found;
}

async function resolve(variable, given, { prometheus, from, to, found }) {
  if (variable.type === 'datasource') return { expression: 'prometheus', text: 'Prometheus' };
  if (given) return { expression: chosen(given, variable), text: given.join(' + '), chosen: given };
  if (variable.includeAll) {
    const all = variable.allValue || '.*';
    return { expression: all, text: 'All' };
  }
  const first = variable.type === 'query' ? await firstValue(variable, { prometheus, from, to, found }) : preset(variable);
  if (first === undefined) return { expression: '.*', text: 'None' };
  return { expression: chosen([first], variable), text: first, chosen: [first] };
}

// As Grafana's data source for Prometheus writes values: one that may be several is a regular expression.
function chosen(values, variable) {
  if (!variable.multi && !variable.includeAll) return values[0].replace(/[\\"]/g, '\\$&');
  const escaped = values.map((value) => value.replace(/[\\^$*+?.()|[\]{}]/g, '\\\\$&'));
  return escaped.length === 1 ? escaped[0] : `(${escaped.join('|')})`;
}

async function firstValue(variable, { prometheus, from, to, found }) {
  const asked = variable.query?.query ?? variable.query ?? variable.definition ?? '';
  const [, selector, label] = /^label_values\((?:(.*),)?\s*(\w+)\s*\)$/.exec(asked) ?? [];
  if (!label) return undefined;
  const scope = { values: found, step: 15, from, to, scrapeInterval: prometheus.scrapeInterval };
  const values = await prometheus.labelValues(label, selector && replaced(selector, scope), { from, to });
  const wanted = variable.regex ? new RegExp(variable.regex.replace(/^\/|\/\w*$/g, '')) : /^/;
  return values.filter((value) => wanted.test(value)).sort()[0];
}

function preset(variable) {
  const current = variable.current?.value;
  const value = Array.isArray(current) ? current[0] : current;
  return value || String(variable.query ?? '').split(',')[0].trim() || undefined;
}

/** A text with every variable replaced; `scope` says what they stand for and the step in seconds. */
export function replaced(text, scope) {
  const values = { ...builtIn(scope) };
  for (const { name, expression } of scope.values) values[name] = expression;
  const forms = /\$\{(\w+)(?:[.:][^}]*)?\}|\[\[(\w+)(?::[^\]]*)?\]\]|\$(\w+)/g;
  return text.replace(forms, (whole, braces, brackets, plain) => values[braces ?? brackets ?? plain] ?? whole);
}

function builtIn({ step, from, to, scrapeInterval }) {
  return {
    __interval: inPromql(step),
    __interval_ms: String(step * 1000),
    __rate_interval: inPromql(Math.max(step + scrapeInterval, 4 * scrapeInterval)),
    __range: inPromql(to - from),
    __range_s: String(to - from),
    __range_ms: String((to - from) * 1000),
    __from: String(from * 1000),
    __to: String(to * 1000),
  };
}
