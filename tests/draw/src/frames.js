// Prometheus' answers as Grafana's data frames, named and shaped as its data source for Prometheus does: series, tables and
// buckets of a heatmap.

import { FieldType, toDataFrame } from '@grafana/data';

/** Frames of a panel's answers, in the order they were asked. */
export function framesOf(asked) {
  const tables = asked.filter(({ format }) => format === 'table').length;
  return asked.flatMap((question) => {
    if (question.format === 'table') return [table(question, tables > 1)];
    if (question.format === 'heatmap') return heatmap(question);
    return question.series.map((series) => timeSeries(question, series));
  });
}

function timeSeries(question, { labels, values }) {
  const { refId } = question;
  const name = legend(question, labels);
  return toDataFrame({ refId, name, meta: { type: 'timeseries-multi' }, fields: [
    timeField(question, values),
    {
      name: 'Value',
      type: FieldType.number,
      labels,
      values: values.map(([, value]) => number(value)),
      config: name === undefined ? {} : { displayNameFromDS: name },
    },
  ] });
}

function timeField({ kind, step }, values) {
  const config = kind === 'range' ? { interval: step * 1000 } : {};
  return { name: 'Time', type: FieldType.time, values: values.map(([time]) => time * 1000), config };
}

// What stands for a series: its legend; without one its labels, and without those the question.
function legend({ legendFormat, query }, labels) {
  if (legendFormat && legendFormat !== '__auto') {
    return legendFormat.replace(/\{\{\s*(.+?)\s*\}\}/g, (_, label) => labels[label] ?? '');
  }
  if (Object.keys(labels).length === 0) return query;
  return legendFormat === '__auto' ? undefined : inPromql(labels);
}

function inPromql({ __name__ = '', ...labels }) {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return `${__name__}{${pairs.sort().join(', ')}}`;
}

function table(question, isOneOfSeveral) {
  const { refId, series } = question;
  const rows = series.flatMap(({ labels, values }) => values.map((value) => ({ labels, value })));
  const names = [...new Set(series.flatMap(({ labels }) => Object.keys(labels)))].sort();
  if (rows.length === 0) return toDataFrame({ refId, fields: [] });
  const labelField = (label) => ({
    name: label,
    type: FieldType.string,
    values: rows.map(({ labels }) => labels[label] ?? ''),
    config: { filterable: true },
  });
  return toDataFrame({ refId, meta: { preferredVisualisationType: 'table' }, fields: [
    timeField({ kind: 'instant' }, rows.map(({ value }) => value)),
    ...names.map(labelField),
    {
      name: isOneOfSeveral ? `Value #${refId}` : 'Value',
      type: FieldType.number,
      values: rows.map(({ value: [, value] }) => number(value)),
      config: {},
    },
  ] });
}

// Cumulative buckets told apart: one frame, a field for each upper bound.
function heatmap(question) {
  const { refId, series } = question;
  const buckets = series
    .map(({ labels, values }) => ({ le: labels.le, bound: number(labels.le), counts: new Map(values) }))
    .sort((one, other) => one.bound - other.bound);
  if (buckets.length === 0) return [];
  const times = [...new Set(buckets.flatMap(({ counts }) => [...counts.keys()]))].sort((a, b) => a - b);
  const count = (bucket, time) => (bucket && bucket.counts.has(time) ? number(bucket.counts.get(time)) : 0);
  const field = (bucket, index) => ({
    name: bucket.le,
    type: FieldType.number,
    labels: { le: bucket.le },
    values: times.map((time) => Math.max(0, count(bucket, time) - count(buckets[index - 1], time))),
    config: {},
  });
  const time = timeField(question, times.map((time) => [time]));
  return [toDataFrame({ refId, meta: { type: 'heatmap-rows' }, fields: [time, ...buckets.map(field)] })];
}


function number(text) {
  if (text === '+Inf') return Infinity;
  return text === '-Inf' ? -Infinity : Number(text);
}
