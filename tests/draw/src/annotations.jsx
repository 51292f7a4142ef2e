// The marks of annotations on a time axis: a dashed line for a moment, a tinted band between two of them for a time, and a
// mark below the axis.

import { colorManipulator } from '@grafana/data';
import { useLayoutEffect } from 'react';

/** Adds the marks to a plot that is about to be made; draws nothing itself. */
export function Annotations({ config, annotations, theme }) {
  useLayoutEffect(() => {
    config.addHook('draw', (plot) => annotations.forEach((annotation) => paint(plot, annotation, theme)));
  }, [config]);
  return null;
}

function paint(plot, { color, marks }, theme) {
  const { ctx, bbox } = plot;
  const stroke = theme.visualization.getColorByName(color);
  const from = plot.scales.x.min;
  const to = plot.scales.x.max;
  const at = (time) => Math.round(plot.valToPos(Math.min(Math.max(time, from), to), 'x', true));
  ctx.save();
  ctx.strokeStyle = stroke;
  ctx.fillStyle = stroke;
  ctx.lineWidth = 2 * devicePixelRatio;
  for (const { time, timeEnd } of marks) {
    const [left, right] = [at(time), at(timeEnd)];
    if (time >= from) line(ctx, left, bbox);
    if (right > left + 1) {
      if (timeEnd <= to) line(ctx, right, bbox);
      ctx.fillStyle = colorManipulator.alpha(stroke, 0.1);
      ctx.fillRect(left, bbox.top, right - left, bbox.height);
      ctx.fillStyle = stroke;
      ctx.fillRect(left, bbox.top + bbox.height, right - left, 5);
    } else {
      triangle(ctx, left, bbox.top + bbox.height);
    }
  }
  ctx.restore();
}

function line(ctx, x, { top, height }) {
  ctx.setLineDash([5, 5]);
  ctx.beginPath();
  ctx.moveTo(x, top);
  ctx.lineTo(x, top + height);
  ctx.stroke();
}

function triangle(ctx, x, y) {
  ctx.beginPath();
  ctx.moveTo(x, y);
  ctx.lineTo(x - 5, y + 6);
  ctx.lineTo(x + 5, y + 6);
  ctx.fill();
}
