// What a panel's JSON says of its data, done with Grafana's own code: transformations, then defaults and overrides of
// fields (units, decimals, thresholds, mappings, colours). The defaults of each panel type stand in `defaults`.

import {
  applyFieldOverrides,
  FieldType,
  identityOverrideProcessor,
  numberOverrideProcessor,
  stringOverrideProcessor,
  transformDataFrame,
} from '@grafana/data';
import { firstValueFrom } from 'rxjs';
import { fieldDefaults } from './defaults.js';

const isNumber = (field) => field.type === FieldType.number;
const always = () => true;

// Properties of fields that every panel type knows: by what value they are told, and for which fields.
const STANDARD = [
  ['unit', identityOverrideProcessor, always],
  ['min', numberOverrideProcessor, isNumber],
  ['max', numberOverrideProcessor, isNumber],
  ['fieldMinMax', identityOverrideProcessor, isNumber],
  ['decimals', numberOverrideProcessor, isNumber],
  ['displayName', stringOverrideProcessor, always],
  ['color', identityOverrideProcessor, always],
  ['noValue', identityOverrideProcessor, always],
  ['links', identityOverrideProcessor, always],
  ['mappings', identityOverrideProcessor, always],
  ['thresholds', identityOverrideProcessor, isNumber],
  ['description', stringOverrideProcessor, always],
].map(([id, process, shouldApply]) => ({ id, path: id, process, shouldApply }));

/** The frames after the panel's transformations. */
export async function transformed(panel, frames) {
  const wanted = (panel.transformations ?? []).filter(({ disabled }) => !disabled);
  return firstValueFrom(transformDataFrame(wanted, frames, { interpolate: (text) => text }));
}

/** The frames with the panel's field configuration applied. */
export function configured(panel, frames, theme) {
  const fieldConfig = fieldConfigOf(panel);
  return applyFieldOverrides({
    data: frames,
    fieldConfig,
    fieldConfigRegistry: registry(fieldConfig.defaults.custom),
    replaceVariables: (text) => text,
    theme,
    timeZone: 'utc',
  });
}

/** The panel's field configuration on top of what its type begins with. */
export function fieldConfigOf(panel) {
  const own = structuredClone(panel.fieldConfig?.defaults ?? {});
  const begin = fieldDefaults(panel.type);
  const defaults = { ...begin, ...own, custom: { ...begin.custom, ...own.custom } };
  const overrides = structuredClone(panel.fieldConfig?.overrides ?? []);
  const inOverrides = overrides.flatMap(({ properties }) => properties.filter(({ id }) => id === 'thresholds'));
  for (const thresholds of [defaults.thresholds, ...inOverrides.map(({ value }) => value)]) withBase(thresholds);
  return { defaults, overrides };
}

// JSON knows no infinity: the first step begins at null.
function withBase(thresholds) {
  for (const step of thresholds?.steps ?? []) step.value ??= -Infinity;
}

// A registry that knows the standard properties and takes any other for one of the panel type's own.
function registry(custom) {
  const ofType = (path) => ({
    id: `custom.${path}`,
    path,
    isCustom: true,
    process: identityOverrideProcessor,
    shouldApply: always,
  });
  const all = [...STANDARD, ...Object.keys(custom).map(ofType)];
  const known = new Map(all.map((item) => [item.id, item]));
  const getIfExists = (id) => known.get(id) ?? (id.startsWith('custom.') ? ofType(id.slice(7)) : undefined);
  return { list: () => all, getIfExists };
}
