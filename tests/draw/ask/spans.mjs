// Lengths of time as Prometheus and Grafana write them, and the step in which Grafana asks for a panel.

const UNITS = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86400, w: 604800, y: 31536000 };

/** Seconds of `1m30s`; of `>10s` too, which is how Grafana writes a least step. */
export function inSeconds(text) {
  const parts = [...String(text).matchAll(/(\d+(?:\.\d+)?)(ms|[smhdwy])/g)];
  if (parts.length === 0) throw new Error(`${text} is no length of time`);
  return parts.reduce((sum, [, number, unit]) => sum + Number(number) * UNITS[unit], 0);
}

/** `90s`, as PromQL reads it. */
export function inPromql(seconds) {
  return Number.isInteger(seconds) ? `${seconds}s` : `${Math.round(seconds * 1000)}ms`;
}

// Steps that divide clock time, in seconds.
const STEPS = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10800, 21600, 43200, 86400];

/** The step for a time of `length` seconds shown `points` wide, no shorter than `least`. */
export function stepFor(length, points, least) {
  const wanted = Math.max(length / points, least);
  return STEPS.find((step) => step >= wanted && step >= least) ?? wanted;
}
