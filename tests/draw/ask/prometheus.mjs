// Prometheus' HTTP API: questions for an instant or a range, the values of a label, and how often it scrapes.

import { inSeconds } from './spans.mjs';

export class Prometheus {
  /** One that answers, with the shortest scrape interval of its configuration. */
  static async at(url) {
    const prometheus = new Prometheus(url);
    const { yaml } = await prometheus.#get('/api/v1/status/config', {});
    const intervals = [...yaml.matchAll(/^\s*scrape_interval: (\S+)$/gm)].map(([, text]) => inSeconds(text));
    prometheus.scrapeInterval = Math.min(...intervals, 60);
    return prometheus;
  }

  constructor(url) {
    this.url = url;
  }

  /** Series of the expression at a time: `{ labels, values: [[seconds, text]] }`. */
  async instant(query, time) {
    const { resultType, result } = await this.#get('/api/v1/query', { query, time });
    if (resultType === 'scalar') return [{ labels: {}, values: [result] }];
    return result.map(({ metric, value }) => ({ labels: metric, values: [value] })).sort(byLabels);
  }

  /** Series of the expression over a time, a value each `step` seconds. */
  async range(query, { from, to, step }) {
    const { result } = await this.#get('/api/v1/query_range', { query, start: from, end: to, step });
    return result.map(({ metric, values }) => ({ labels: metric, values })).sort(byLabels);
  }

  /** The values of a label, of the series that match the selector (all, without one). */
  async labelValues(label, selector, { from, to }) {
    const match = selector ? { 'match[]': selector } : {};
    return this.#get(`/api/v1/label/${label}/values`, { ...match, start: from, end: to });
  }

  async #get(path, parameters) {
    const query = new URLSearchParams(parameters);
    const response = await fetch(`${this.url}${path}?${query}`).catch((error) => {
      throw new Error(`no answer from Prometheus at ${this.url}: ${error.cause?.message ?? error.message}`);
    });
    const body = await response.json().catch(() => ({}));
    if (body.status !== 'success') throw new Error(body.error ?? `${path} answers ${response.status}`);
    return body.data;
  }
}

// Prometheus promises no order.
function byLabels(one, other) {
  const [a, b] = [one, other].map(({ labels }) => JSON.stringify(Object.entries(labels).sort()));
  return a < b ? -1 : Number(a > b);
}
