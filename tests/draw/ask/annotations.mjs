// The annotations of a board: expressions whose series mark moments, or times from one moment to another, on every panel
// with a time axis. Moments of one series that are no further apart than its step are one mark, as in Grafana.

import { inSeconds } from './spans.mjs';
import { replaced } from './variables.mjs';

/** Each annotation that is switched on, with its `marks`: `{ time, timeEnd, title, text }`, times in milliseconds. */
export async function annotations(board, prometheus, scope) {
  const found = [];
  for (const annotation of board.annotations?.list ?? []) {
    const expr = annotation.expr ?? annotation.target?.expr;
    if (annotation.builtIn || annotation.enable === false || !expr) continue;
    const { name, iconColor = 'red', hide = false } = annotation;
    const marks = await marksOf(annotation, expr, { prometheus, scope }).catch((error) => {
      throw new Error(`annotation "${name}": ${error.message}`);
    });
    found.push({ name, color: iconColor, hide, marks });
  }
  return found;
}

async function marksOf(annotation, expr, { prometheus, scope }) {
  const { from, to } = scope;
  const step = inSeconds(annotation.step || annotation.target?.step || annotation.target?.interval || '60s');
  const query = replaced(expr, { ...scope, step });
  const aligned = { from: Math.floor(from / step) * step, to: Math.floor(to / step) * step, step };
  const series = await prometheus.range(query, aligned);
  const own = ({ labels, values }) => {
    const times = annotation.useValueForTime
      ? [...new Set(values.map(([, value]) => Math.floor(Number(value))))].sort((a, b) => a - b)
      : values.filter(([, value]) => Number(value) > 0).map(([time]) => time * 1000);
    const about = { title: filled(annotation.titleFormat, labels), text: filled(annotation.textFormat, labels) };
    return spans(times, step * 1000).map((span) => ({ ...span, ...about }));
  };
  const inside = ({ time, timeEnd }) => timeEnd >= from * 1000 && time <= to * 1000;
  return series.flatMap(own).filter(inside);
}

function spans(times, step) {
  const found = [];
  for (const time of times) {
    const last = found.at(-1);
    if (last && last.timeEnd + step >= time) last.timeEnd = time;
    else found.push({ time, timeEnd: time });
  }
  return found;
}

function filled(format, labels) {
  return (format ?? '').replace(/\{\{\s*(.+?)\s*\}\}/g, (_, label) => labels[label] ?? '');
}
