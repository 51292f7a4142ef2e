// What Grafana sets when it starts and its components rely on: transformations, time zone.

import { setTimeZoneResolver, standardTransformers, standardTransformersRegistry } from '@grafana/data';

/** Makes the settings; gives the list that complaints are collected in. */
export function settings() {
  setTimeZoneResolver(() => 'utc');
  // Some stand in the list under an older name too.
  const byId = new Map(Object.values(standardTransformers).map((transformation) => [transformation.id, transformation]));
  const entry = ([id, transformation]) => ({ id, name: transformation.name, transformation });
  standardTransformersRegistry.setInit(() => [...byId].map(entry));
  return [];
}
