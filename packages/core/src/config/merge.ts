export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Objects merge deeply, everything else is replaced. Neither argument is changed. */
export function mergeDeep(
  base: Readonly<Record<string, unknown>>,
  over: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    // Assigning this key would change the object's prototype instead of adding a value.
    if (key === "__proto__") continue;
    const below = merged[key];
    merged[key] = isRecord(below) && isRecord(value) ? mergeDeep(below, value) : value;
  }
  return merged;
}

/** Reads a dotted path; a key that itself contains dots is tried whole first. */
export function readPath(value: unknown, path: string): unknown {
  if (!isRecord(value)) return undefined;
  if (Object.hasOwn(value, path)) return value[path];
  const dot = path.indexOf(".");
  if (dot < 0) return undefined;
  const key = path.slice(0, dot);
  return Object.hasOwn(value, key) ? readPath(value[key], path.slice(dot + 1)) : undefined;
}

/** All values at a dotted path, where `*` stands for any key. */
export function valuesAt(value: unknown, path: string): unknown[] {
  let found: unknown[] = [value];
  for (const segment of path.split(".")) {
    found = found.flatMap((each) => {
      if (!isRecord(each)) return [];
      if (segment === "*") return Object.values(each);
      return Object.hasOwn(each, segment) ? [each[segment]] : [];
    });
  }
  return found;
}
