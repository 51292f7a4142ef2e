// What a panel of each type begins with before its JSON says anything.

const GREEN_THEN_RED = {
  mode: 'absolute',
  steps: [
    { color: 'green', value: null },
    { color: 'red', value: 80 },
  ],
};

const CUSTOM = {
  timeseries: {
    drawStyle: 'line',
    lineInterpolation: 'linear',
    barAlignment: 0,
    barWidthFactor: 0.6,
    lineWidth: 1,
    fillOpacity: 0,
    gradientMode: 'none',
    spanNulls: false,
    insertNulls: false,
    showPoints: 'auto',
    pointSize: 5,
    stacking: { mode: 'none', group: 'A' },
    axisPlacement: 'auto',
    axisLabel: '',
    axisColorMode: 'text',
    axisBorderShow: false,
    scaleDistribution: { type: 'linear' },
    axisCenteredZero: false,
    hideFrom: { tooltip: false, viz: false, legend: false },
    thresholdsStyle: { mode: 'off' },
  },
  table: { align: 'auto', cellOptions: { type: 'auto' }, inspect: false },
  'state-timeline': { fillOpacity: 70, lineWidth: 0 },
};

const COLOUR = { timeseries: 'palette-classic', 'state-timeline': 'continuous-GrYlRd' };

const LEGEND = { displayMode: 'list', placement: 'bottom', showLegend: true, calcs: [] };

const REDUCE = { calcs: ['lastNotNull'], fields: '', values: false };

const OPTIONS = {
  bargauge: {
    displayMode: 'gradient',
    valueMode: 'color',
    namePlacement: 'auto',
    showUnfilled: true,
    orientation: 'auto',
    sizing: 'auto',
    minVizWidth: 8,
    minVizHeight: 16,
    maxVizHeight: 300,
    reduceOptions: REDUCE,
  },
  heatmap: { cellGap: 1, color: {}, filterValues: { le: 1e-9 }, legend: { show: true }, yAxis: {} },
  stat: {
    graphMode: 'area',
    colorMode: 'value',
    justifyMode: 'auto',
    textMode: 'auto',
    wideLayout: true,
    orientation: 'auto',
    percentChangeColorMode: 'standard',
    reduceOptions: REDUCE,
  },
  'state-timeline': { mergeValues: true, rowHeight: 0.9, showValue: 'auto', alignValue: 'left', legend: LEGEND },
  table: { showHeader: true, cellHeight: 'sm' },
  text: { mode: 'markdown', content: '' },
  timeseries: { legend: LEGEND },
};

/** Defaults of fields; `custom` is always there. */
export function fieldDefaults(type) {
  return {
    color: { mode: COLOUR[type] ?? 'thresholds' },
    thresholds: structuredClone(GREEN_THEN_RED),
    mappings: [],
    custom: structuredClone(CUSTOM[type] ?? {}),
  };
}

/** The panel's options on top of those of its type. */
export function optionsOf({ type, options = {} }) {
  const begin = OPTIONS[type] ?? {};
  const withLegend = { ...begin.legend, ...options.legend };
  const reduceOptions = { ...begin.reduceOptions, ...options.reduceOptions };
  return { ...begin, ...options, legend: withLegend, reduceOptions };
}
