/** Graphs in GML with the true class of nodes, as the shared test data has them. Imports node:zlib, math. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { type Edge, type Graph, graphOf } from "../../shared/math/graph.ts";

/** A graph and the class of each of its nodes, empty where there is none. */
export interface LabeledGraph {
  readonly graph: Graph;
  readonly classes: readonly string[];
}

/** Reads a packed GML file of the forms `node [ id, gt ]` and `edge [ source, target ]`: each pair of nodes once, without loops. */
export function readGml(path: string): LabeledGraph {
  const text = gunzipSync(readFileSync(path)).toString("utf8");
  const places = new Map<string, number>();
  const classes: string[] = [];
  for (const [, body] of text.matchAll(/node\s*\[([^\]]*)\]/g)) {
    places.set(/\bid\s+(\S+)/.exec(body!)![1]!, places.size);
    classes.push(/\bgt\s+"?([^"\s]*)"?/.exec(body!)?.[1] ?? "");
  }
  const pairs = new Map<string, Edge>();
  for (const [, body] of text.matchAll(/edge\s*\[([^\]]*)\]/g)) {
    const from = places.get(/\bsource\s+(\S+)/.exec(body!)![1]!)!;
    const to = places.get(/\btarget\s+(\S+)/.exec(body!)![1]!)!;
    if (from !== to) pairs.set(`${Math.min(from, to)} ${Math.max(from, to)}`, [from, to]);
  }
  return { graph: graphOf(places.size, pairs.values()), classes };
}

/** Counts of pairs of labels: [of one, of the other, of both]. */
function tallies(a: readonly (string | number)[], b: readonly (string | number)[]): readonly (readonly number[])[] {
  const count = (labels: readonly (string | number)[]): number[] => {
    const found = new Map<string | number, number>();
    for (const label of labels) found.set(label, (found.get(label) ?? 0) + 1);
    return [...found.values()];
  };
  return [count(a), count(b), count(a.map((label, at) => `${label} ${b[at]}`))];
}

/** Normalized mutual information of two labelings, by the arithmetic mean of their entropies: 1 when they are the same, near 0 by chance. */
export function mutualInformation(a: readonly (string | number)[], b: readonly (string | number)[]): number {
  const entropy = (counts: readonly number[]): number => -counts.reduce((sum, n) => sum + (n / a.length) * Math.log(n / a.length), 0);
  const [own, other, both] = tallies(a, b).map(entropy);
  return (2 * (own! + other! - both!)) / (own! + other!);
}

/** Adjusted Rand index: 1 when the labelings are the same, 0 in the mean by chance. */
export function adjustedRand(a: readonly (string | number)[], b: readonly (string | number)[]): number {
  const pairs = (counts: readonly number[]): number => counts.reduce((sum, n) => sum + (n * (n - 1)) / 2, 0);
  const [own, other, both] = tallies(a, b).map(pairs);
  const chance = (own! * other!) / ((a.length * (a.length - 1)) / 2);
  return (both! - chance) / ((own! + other!) / 2 - chance);
}
