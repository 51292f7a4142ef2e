// Panels of type `heatmap`, from the buckets of a histogram: time to the right, a lane for each bucket, the colour for how
// many fell into it. Grafana keeps its own out of its component library: cells are painted here, in its colours.

import { FieldType, formattedValueToString, getValueFormat } from '@grafana/data';
import * as schemes from 'd3-scale-chromatic';
import { optionsOf } from '../defaults.js';
import { Lanes } from '../lanes.jsx';

const LEGEND = 32;
const COLOUR = { mode: 'scheme', scheme: 'Oranges', steps: 64, reverse: false, exponent: 0.5, fill: 'dark-orange' };

// Schemes of d3 that run from light to dark, and are turned round where the ground is dark.
const DARK_FIRST = ['Turbo', 'Cividis', 'Viridis', 'Magma', 'Inferno', 'Plasma', 'Warm', 'Cool', 'Cubehelix'];

export function HeatmapPanel({ panel, frames, board, theme, width, height, timeRange, complain }) {
  const options = optionsOf(panel);
  const frame = frames[0];
  const time = frame.fields.find(({ type }) => type === FieldType.time);
  const buckets = frame.fields.filter(({ type }) => type === FieldType.number);
  if (options.calculate || buckets.some(({ labels }) => labels?.le === undefined)) {
    complain(`${panel.title}: only heatmaps of histogram buckets (format heatmap, by le) can be drawn`);
    return null;
  }
  const counts = buckets.flatMap(({ values }) => values).filter((count) => count > options.filterValues.le);
  const most = options.color.max ?? Math.max(...counts, 0);
  const least = options.color.min ?? Math.min(...counts, most);
  const palette = paletteOf({ ...COLOUR, ...options.color }, theme);
  const colour = (count) => palette[Math.round(Math.min(1, (count - least) / (most - least || 1)) * (palette.length - 1))];
  const step = time.config.interval;
  const paint = ({ ctx }, box) => {
    buckets.forEach(({ values }, lane) => {
      values.forEach((count, index) => {
        if (!(count > options.filterValues.le)) return;
        const { left, top, width, height } = box(time.values[index] - step, time.values[index], lane);
        ctx.fillStyle = colour(count);
        ctx.fillRect(left, top, width - (width > 3 ? options.cellGap : 0), height - options.cellGap);
      });
    });
  };
  const { ticks, labels } = axis(buckets, options.yAxis, height - LEGEND);
  const unit = formatter(options.cellValues?.unit ?? 'short', options.cellValues?.decimals);
  const plot = { lanes: buckets.length, ticks, labels, paint, theme, timeRange, annotations: board.annotations };
  return (
    <>
      <Lanes {...plot} width={width} height={height - (options.legend.show ? LEGEND : 0)} />
      {options.legend.show && <Scale palette={palette} from={unit(least)} to={unit(most)} theme={theme} />}
    </>
  );
}

// Labels stand on the bounds between lanes, as many as have room.
function axis(buckets, { unit = 'short', decimals }, height) {
  const format = formatter(unit, decimals);
  const every = Math.max(1, Math.ceil((buckets.length * 16) / height));
  const ticks = buckets.map((_, index) => index + 1).filter((bound) => (buckets.length - bound) % every === 0);
  const bound = (index) => buckets[index].labels.le;
  const labels = ticks.map((tick) => (bound(tick - 1) === '+Inf' ? '+Inf' : format(Number(bound(tick - 1)))));
  return { ticks, labels };
}

function formatter(unit, decimals) {
  const format = getValueFormat(unit);
  return (value) => formattedValueToString(format(value, decimals));
}

function paletteOf({ mode, scheme, steps, reverse, exponent, fill }, theme) {
  const places = Array.from({ length: steps }, (_, index) => index / (steps - 1));
  if (mode === 'opacity') {
    const base = theme.visualization.getColorByName(fill);
    return places.map((place) => `${base}${Math.round(place ** exponent * 255).toString(16).padStart(2, '0')}`);
  }
  const interpolate = schemes[`interpolate${scheme}`] ?? schemes.interpolateOranges;
  const isTurned = reverse !== !DARK_FIRST.includes(scheme);
  const palette = places.map(interpolate);
  return isTurned ? palette.reverse() : palette;
}

function Scale({ palette, from, to, theme }) {
  const gradient = `linear-gradient(90deg, ${palette.join(', ')})`;
  const text = { color: theme.colors.text.primary, fontSize: 12 };
  return (
    <div style={{ height: LEGEND, display: 'flex', alignItems: 'flex-end', gap: 6, ...text }}>
      {from}
      <div style={{ width: 300, height: 10, marginBottom: 3, background: gradient }} />
      {to}
    </div>
  );
}
