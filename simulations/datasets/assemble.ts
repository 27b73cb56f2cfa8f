/** From a log of rows to compressed rows: final order of ids, two stable counting sorts, duplicates resolved. May import shared. */
import { dataError } from "./data-file.ts";
import type { InteractionMatrix } from "./dataset.ts";
import type { InteractionLog } from "./interaction-log.ts";

/** What to do when a person has several values for one item; "last" and "first" are by (time, row), "error" refuses the data. */
export const duplicateRules = ["last", "first", "mean", "max", "error"] as const;

/** One of the rules. */
export type DuplicateRule = (typeof duplicateRules)[number];

/** A log made into a matrix. */
export interface Assembled {
  readonly matrix: InteractionMatrix;
  readonly userIds: readonly string[];
  readonly itemIds: readonly string[];
  /** [ratings] part of a given split that each rating belongs to. */
  readonly parts: Uint8Array;
  /** How many rows went into another row's place. */
  readonly duplicates: number;
}

/**
 * Sorts a log into rows of people, in O(rows).
 *
 * Guarantees: see `Dataset`. A resolved duplicate takes its value by the rule and its time and row from the row the rule
 * chose ("mean" and "max": from the last).
 *
 * @throws CofactorError DATA_INVALID under "error", or when a pair stands in two parts of a given split
 */
export function assemble(log: InteractionLog, rule: DuplicateRule): Assembled {
  const users = log.users.sorted();
  const items = log.items.sorted();
  const count = log.length;
  const userOf = renumbered(log.user, users.rankOf, count);
  const itemOf = renumbered(log.item, items.rankOf, count);
  const order = stableOrder(userOf, users.ids.length, stableOrder(itemOf, items.ids.length, identity(count)));

  const rowStart = new Int32Array(users.ids.length + 1);
  const itemIndex = new Int32Array(count);
  const values = new Float64Array(count);
  const times = new Float64Array(count);
  const rows = new Int32Array(count);
  const parts = new Uint8Array(count);
  let kept = 0;
  for (let at = 0; at < count; kept++) {
    const first = order[at]!;
    let end = at + 1;
    while (end < count && userOf[order[end]!] === userOf[first] && itemOf[order[end]!] === itemOf[first]) end++;
    const chosen = end === at + 1 ? first : choose(log, order.subarray(at, end), rule);
    itemIndex[kept] = itemOf[first]!;
    values[kept] = end === at + 1 ? log.value[first]! : resolveValue(log, order.subarray(at, end), rule, chosen);
    times[kept] = log.time[chosen]!;
    rows[kept] = chosen;
    parts[kept] = log.part[chosen]!;
    rowStart[userOf[first]! + 1]!++;
    at = end;
  }
  for (let user = 0; user < users.ids.length; user++) rowStart[user + 1]! += rowStart[user]!;

  const matrix: InteractionMatrix = {
    users: users.ids.length,
    items: items.ids.length,
    rowStart,
    itemIndex: itemIndex.slice(0, kept),
    values: values.slice(0, kept),
    times: log.hasTimes && count > 0 ? times.slice(0, kept) : undefined,
    rows: rows.slice(0, kept),
  };
  return { matrix, userIds: users.ids, itemIds: items.ids, parts: parts.slice(0, kept), duplicates: count - kept };
}

/** The row among equal pairs that the rule keeps; `group` ascends by row. */
function choose(log: InteractionLog, group: Int32Array, rule: DuplicateRule): number {
  let first = group[0]!;
  let last = first;
  for (let at = 1; at < group.length; at++) {
    const row = group[at]!;
    const place = log.placeOf(row);
    if (rule === "error")
      throw dataError(place.path, place.line, "this pair of user and item stands in the data already; set duplicates to resolve it");
    if (log.part[row] !== log.part[first]) {
      throw dataError(place.path, place.line, "this pair of user and item stands in another part of the given split already");
    }
    if (log.hasTimes && log.time[row]! < log.time[first]!) first = row;
    if (!log.hasTimes || log.time[row]! >= log.time[last]!) last = row;
  }
  return rule === "first" ? first : last;
}

function resolveValue(log: InteractionLog, group: Int32Array, rule: DuplicateRule, chosen: number): number {
  if (rule !== "mean" && rule !== "max") return log.value[chosen]!;
  let least = Number.POSITIVE_INFINITY;
  let greatest = Number.NEGATIVE_INFINITY;
  let sum = 0;
  for (const row of group) {
    const value = log.value[row]!;
    least = Math.min(least, value);
    greatest = Math.max(greatest, value);
    sum += value;
  }
  // Rounding must not lift a mean out of the values it comes from.
  return rule === "max" ? greatest : Math.min(greatest, Math.max(least, sum / group.length));
}

function identity(count: number): Int32Array {
  const order = new Int32Array(count);
  for (let at = 0; at < count; at++) order[at] = at;
  return order;
}

function renumbered(indices: Int32Array, rankOf: Int32Array, count: number): Int32Array {
  const out = new Int32Array(count);
  for (let row = 0; row < count; row++) out[row] = rankOf[indices[row]!]!;
  return out;
}

/** `order` sorted by key, equal keys keeping their order. */
function stableOrder(key: Int32Array, keys: number, order: Int32Array): Int32Array {
  const next = new Int32Array(keys + 1);
  for (let at = 0; at < order.length; at++) next[key[order[at]!]! + 1]!++;
  for (let k = 0; k < keys; k++) next[k + 1]! += next[k]!;
  const out = new Int32Array(order.length);
  for (let at = 0; at < order.length; at++) out[next[key[order[at]!]!]!++] = order[at]!;
  return out;
}
