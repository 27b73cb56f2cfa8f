/** What no file of the tree may say, and how long files may be. Imports nothing. */

// The words are put together here so that this file does not contain what it looks for.
const unfinished = new RegExp(`\\b(?:${["FIX", "XX", "HA"].map((start, at) => start + ["ME", "X", "CK"][at]).join("|")})\\b`);
const todo = new RegExp(`\\b${"TO"}${"DO"}\\b(?!\\s*\\(#\\d+\\)|\\s+#\\d+)`);
const machinePath = /(?<![\w.$}~-])\/(?:work|home|Users|root|mnt)\/[\w.-]+|\b[A-Z]:\\\\?Users\b/;

/** The lines of a text that hold an unfinished word or a path of one machine, as "line: what". */
export function forbiddenText(text: string): readonly string[] {
  const found: string[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const match = unfinished.exec(line) ?? machinePath.exec(line);
    if (match !== null) found.push(`${index + 1}: ${match[0]}`);
    if (todo.test(line)) found.push(`${index + 1}: an unfinished note without the number of an issue`);
  }
  return found;
}

/** The number of lines of a text. */
export function lineCount(text: string): number {
  return text.split("\n").length - (text === "" || text.endsWith("\n") ? 1 : 0);
}

/** The smallest value that at least `share` of the values do not exceed; 0 of nothing. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}
