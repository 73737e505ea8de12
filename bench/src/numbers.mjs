export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The median of each of these fields. */
export function medians(rows, fields) {
  return Object.fromEntries(fields.map((field) => [field, median(rows.map((row) => row[field]))]));
}

/** Lines of a table whose first `texts` columns are text and the others numbers. */
export function table(head, rows, texts = 1) {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column].length)));
  const line = (row) =>
    row
      .map((cell, column) => (column < texts ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
      .join("  ")
      .trimEnd();
  return [line(head), ...rows.map(line)];
}
