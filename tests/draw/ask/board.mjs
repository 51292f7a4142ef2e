// All that a board asks, with the answers: one object that the page draws from without asking anybody.

import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { width } from '../src/grid.js';
import { annotations } from './annotations.mjs';
import { inSeconds, stepFor } from './spans.mjs';
import { boardVariables, replaced } from './variables.mjs';

/** The boards of a folder in the order of their names; `isWanted` is those that are named, or all. */
export async function boardFiles(folder, names) {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.json')).sort();
  const found = files.map((file) => basename(file, '.json'));
  for (const name of names) {
    if (!found.includes(name)) throw new Error(`no board ${name} in ${folder}; there are ${found.join(', ') || 'none'}`);
  }
  if (found.length === 0) throw new Error(`no board in ${folder}`);
  const isWanted = (name) => names.length === 0 || names.includes(name);
  const read = async (name) => JSON.parse(await readFile(join(folder, `${name}.json`), 'utf8'));
  return Promise.all(found.map(async (name) => ({ name, isWanted: isWanted(name), board: await read(name) })));
}

/** What the page needs to draw the board, one of `boards`; all its failed questions are told at once. */
export async function askBoard(board, boards, prometheus, options) {
  const { from, to } = options;
  const values = await boardVariables(board, prometheus, options);
  const scope = { values, from, to, scrapeInterval: prometheus.scrapeInterval };
  const complaints = [];
  const panels = [];
  for (const panel of board.panels ?? []) {
    const asked = [];
    for (const target of panel.targets ?? []) {
      if (target.hide || !target.expr) continue;
      const ask = (question) => asked.push(question);
      await askTarget({ panel, target, prometheus, scope }, ask).catch((error) => {
        complaints.push(`${panel.title} (${target.refId}): ${error.message}`);
      });
    }
    panels.push({ panel: withTexts(panel, scope), asked });
  }
  const marks = await annotations(board, prometheus, scope).catch((error) => {
    complaints.push(error.message);
    return [];
  });
  if (complaints.length > 0) throw new Error(`board "${board.title}":\n  ${complaints.join('\n  ')}`);
  const links = (board.links ?? []).flatMap((link) => linksOf(link, boards.filter((other) => other.board !== board)));
  return { title: board.title, links, from, to, variables: values, panels, annotations: marks };
}

// A link to boards with certain tags stands for each of the others that have them.
function linksOf({ type, title, tags = [], asDropdown }, boards) {
  if (type !== 'dashboards') return [{ title, isBoard: false }];
  if (asDropdown) return [{ title, isBoard: true }];
  const tagged = boards.filter(({ board }) => tags.every((tag) => board.tags?.includes(tag)));
  return tagged.map(({ board }) => ({ title: board.title, isBoard: true })).sort(byTitle);
}

const byTitle = (one, other) => (one.title < other.title ? -1 : 1);

async function askTarget({ panel, target, prometheus, scope }, ask) {
  const { from, to, scrapeInterval } = scope;
  const interval = target.interval || panel.interval;
  const least = Math.max(scrapeInterval, interval ? inSeconds(replaced(interval, { ...scope, step: 1 })) : 0);
  const points = panel.maxDataPoints ?? width(panel.gridPos.w);
  const step = stepFor(to - from, points, least);
  const query = replaced(target.expr, { ...scope, step });
  const { refId, legendFormat, format = 'time_series' } = target;
  const about = { refId, legendFormat, format, step, query };
  if (target.instant) {
    ask({ ...about, kind: 'instant', series: await prometheus.instant(query, to) });
  }
  if (target.range || !target.instant) {
    const aligned = { from: Math.floor(from / step) * step, to: Math.floor(to / step) * step, step };
    ask({ ...about, kind: 'range', series: await prometheus.range(query, aligned) });
  }
}

// A panel as a person reads it: its words with the variables replaced by what is shown of them.
function withTexts(panel, scope) {
  const shown = { ...scope, step: 1, values: scope.values.map(({ name, text }) => ({ name, expression: text })) };
  const text = (words) => words && replaced(words, shown);
  const options = panel.options?.content ? { ...panel.options, content: text(panel.options.content) } : panel.options;
  return { ...panel, title: text(panel.title), description: text(panel.description), options };
}
