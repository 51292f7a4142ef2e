// Panels of type `timeseries`: lines, bars and points over time, with the legend below or beside them.

import { applyNullInsertThreshold, FieldType } from '@grafana/data';
import { TimeSeries } from '@grafana/ui';
import { Annotations } from '../annotations.jsx';
import { optionsOf } from '../defaults.js';

export function TimeSeriesPanel({ panel, frames, board, theme, width, height, timeRange }) {
  const { legend } = optionsOf(panel);
  return (
    <TimeSeries
      frames={frames.filter(({ length }) => length > 0).map((frame) => graphable(frame, timeRange))}
      structureRev={1}
      timeRange={timeRange}
      timeZone="utc"
      width={width}
      height={height}
      legend={legend}
      options={panel.options}
      theme={theme}
    >
      {(config) => <Annotations config={config} annotations={board.annotations} theme={theme} />}
    </TimeSeries>
  );
}

// What is no number has no place on an axis and is a gap, and so is a step without an answer.
function graphable(frame, { from, to }) {
  const [refFieldPseudoMin, refFieldPseudoMax] = [from.valueOf(), to.valueOf()];
  const filled = applyNullInsertThreshold({ frame, refFieldPseudoMin, refFieldPseudoMax });
  const fields = filled.fields.map((field) => {
    if (field.type !== FieldType.number) return field;
    return { ...field, values: field.values.map((value) => (Number.isFinite(value) ? value : null)) };
  });
  return { ...filled, fields };
}
