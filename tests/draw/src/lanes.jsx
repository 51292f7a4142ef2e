// A plot with a time axis and lanes above each other, whose inside the panel paints itself: for panels that Grafana keeps
// out of its component library. Axes, grid and fonts are Grafana's.

import { AxisPlacement, ScaleDirection, ScaleOrientation } from '@grafana/schema';
import { UPlotChart, UPlotConfigBuilder } from '@grafana/ui';
import { useState } from 'react';
import { Annotations } from './annotations.jsx';

/**
 * `lanes`: how many. `ticks`: where the vertical axis is labelled, in lanes from below, and `labels` what there.
 * `paint(plot, box)`: paints; `box(from, to, lane)` gives the pixels of a time in a lane.
 */
export function Lanes({ lanes, ticks, labels, paint, theme, timeRange, annotations, width, height }) {
  const [from, to] = [timeRange.from.valueOf(), timeRange.to.valueOf()];
  const [config] = useState(() => {
    const builder = new UPlotConfigBuilder('utc');
    const { Horizontal, Vertical } = ScaleOrientation;
    const { Right, Up } = ScaleDirection;
    builder.addScale({ scaleKey: 'x', isTime: true, orientation: Horizontal, direction: Right, range: () => [from, to] });
    builder.addScale({ scaleKey: 'y', orientation: Vertical, direction: Up, range: () => [0, lanes] });
    builder.addAxis({ scaleKey: 'x', isTime: true, placement: AxisPlacement.Bottom, theme, timeZone: 'utc' });
    builder.addAxis({
      scaleKey: 'y',
      placement: AxisPlacement.Left,
      theme,
      grid: { show: false },
      ticks: { show: false },
      splits: () => ticks,
      values: () => labels,
    });
    builder.addSeries({ scaleKey: 'y', theme, lineColor: 'transparent', show: true, fillOpacity: 0, lineWidth: 0 });
    builder.setCursor({ show: false });
    builder.addHook('draw', (plot) => {
      plot.ctx.save();
      paint(plot, (begin, end, lane) => box(plot, begin, end, lane));
      plot.ctx.restore();
    });
    return builder;
  });
  return (
    <UPlotChart config={config} data={[[from, to], [null, null]]} width={width} height={height}>
      <Annotations config={config} annotations={annotations} theme={theme} />
    </UPlotChart>
  );
}

function box(plot, begin, end, lane) {
  const { min, max } = plot.scales.x;
  const x = (time) => Math.round(plot.valToPos(Math.min(Math.max(time, min), max), 'x', true));
  const y = (value) => Math.round(plot.valToPos(value, 'y', true));
  const [left, top] = [x(begin), y(lane + 1)];
  return { left, top, width: x(end) - left, height: y(lane) - top };
}
