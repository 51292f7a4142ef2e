// Panels of type `bargauge`: values as bars of one scale.

import { getDisplayValueAlignmentFactors, getFieldDisplayValues } from '@grafana/data';
import { BarGauge, VizRepeater } from '@grafana/ui';
import { optionsOf } from '../defaults.js';
import { fieldConfigOf } from '../fields.js';

const SPACING = { basic: 8, gradient: 8, lcd: 2 };

export function BarGaugePanel({ panel, frames, theme, width, height }) {
  const options = optionsOf(panel);
  const itemSpacing = SPACING[options.displayMode];
  const isManual = options.sizing === 'manual';
  const least = isManual ? options : { minVizWidth: 8, minVizHeight: 16, maxVizHeight: 300 };
  const values = getFieldDisplayValues({
    fieldConfig: fieldConfigOf(panel),
    reduceOptions: options.reduceOptions,
    replaceVariables: (text) => text,
    theme,
    data: frames,
    timeZone: 'utc',
  });
  const draw = ({ value: { display, field, view, colIndex }, width, height, orientation, count, alignmentFactors }) => (
    <BarGauge
      value={count === 1 && !field.displayName ? { ...display, title: undefined } : display}
      field={field}
      display={view && colIndex !== undefined ? view.getFieldDisplayProcessor(colIndex) : undefined}
      text={options.text}
      orientation={orientation}
      theme={theme}
      itemSpacing={itemSpacing}
      lcdCellWidth={12}
      displayMode={options.displayMode}
      valueDisplayMode={options.valueMode}
      namePlacement={options.namePlacement}
      showUnfilled={options.showUnfilled}
      alignmentFactors={count > 1 ? alignmentFactors : undefined}
      width={width}
      height={height}
    />
  );
  return (
    <VizRepeater
      getValues={() => values}
      getAlignmentFactors={getDisplayValueAlignmentFactors}
      renderValue={draw}
      width={width}
      height={height}
      source={frames}
      itemSpacing={itemSpacing}
      renderCounter={0}
      orientation={options.orientation}
      {...least}
    />
  );
}
