// Stands in for packages that a picture does not need.

export const faro = {};
export default {};
