// Panels of type `state-timeline`: a lane for each series, coloured by its state. Grafana keeps its own out of its component
// library: lanes are painted here, in the colours and words that the fields' configuration gives.

import { colorManipulator, FieldType, formattedValueToString, getFieldDisplayName } from '@grafana/data';
import { VizLegend } from '@grafana/ui';
import { optionsOf } from '../defaults.js';
import { Lanes } from '../lanes.jsx';

const LEGEND = 28;
const TEXT = { pad: 4, size: 12 };

export function StateTimelinePanel({ panel, frames, board, theme, width, height, timeRange }) {
  const options = optionsOf(panel);
  const lanes = frames.flatMap((frame) => lanesOf(frame, frames, options)).reverse();
  const paint = ({ ctx }, box) => {
    ctx.font = `${TEXT.size}px ${theme.typography.fontFamily}`;
    ctx.textBaseline = 'middle';
    lanes.forEach((lane, index) => lane.spans.forEach((span) => paintSpan(ctx, span, box(span.from, span.to, index))));
  };
  const paintSpan = (ctx, { shown, custom }, { left, top, width, height }) => {
    const inset = Math.round((height * (1 - options.rowHeight)) / 2);
    ctx.fillStyle = colorManipulator.alpha(shown.color, custom.fillOpacity / 100);
    ctx.fillRect(left, top + inset, width, height - 2 * inset);
    const text = formattedValueToString(shown);
    const fits = ctx.measureText(text).width + 2 * TEXT.pad < width;
    if (options.showValue === 'never' || (options.showValue === 'auto' && !fits)) return;
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, top, width, height);
    ctx.clip();
    ctx.fillStyle = theme.colors.getContrastText(shown.color);
    ctx.textAlign = options.alignValue;
    const [begin, middle, end] = [left + TEXT.pad, left + width / 2, left + width - TEXT.pad];
    ctx.fillText(text, { left: begin, center: middle, right: end }[options.alignValue], top + height / 2);
    ctx.restore();
  };
  const items = legendItems(lanes);
  const hasLegend = options.legend.showLegend && items.length > 0;
  const ticks = lanes.map((_, index) => index + 0.5);
  const plot = { lanes: lanes.length, ticks, labels: lanes.map(({ name }) => name), paint, theme, timeRange };
  return (
    <>
      <Lanes {...plot} annotations={board.annotations} width={width} height={height - (hasLegend ? LEGEND : 0)} />
      {hasLegend && <VizLegend placement="bottom" displayMode={options.legend.displayMode} items={items} />}
    </>
  );
}

function lanesOf(frame, frames, { mergeValues }) {
  const time = frame.fields.find(({ type }) => type === FieldType.time);
  const states = frame.fields.filter(({ type }) => type !== FieldType.time);
  return states.map((field) => ({
    name: getFieldDisplayName(field, frame, frames),
    spans: spansOf(time, field, mergeValues),
  }));
}

// A value lasts to the next one, and no longer than a step: what comes later is a gap.
function spansOf(time, field, mergeValues) {
  const step = time.config.interval ?? Infinity;
  const spans = [];
  field.values.forEach((value, index) => {
    if (value === null || Number.isNaN(value)) return;
    const from = time.values[index];
    const next = time.values[index + 1] ?? from + step;
    const to = next - from > 1.5 * step ? from + step : next;
    const last = spans.at(-1);
    const shown = field.display(value);
    const isSame = last && last.to === from && last.shown.text === shown.text && last.shown.color === shown.color;
    if (mergeValues && isSame) last.to = to;
    else spans.push({ from, to, shown, custom: field.config.custom, isMapped: field.config.mappings?.length > 0 });
  });
  return spans;
}

// The states that have words of their own.
function legendItems(lanes) {
  const items = new Map();
  for (const { shown, isMapped } of lanes.flatMap(({ spans }) => spans)) {
    const label = formattedValueToString(shown);
    if (isMapped && !items.has(label)) items.set(label, { label, color: shown.color, yAxis: 1 });
  }
  return [...items.values()].sort((one, other) => (one.label < other.label ? -1 : 1));
}
