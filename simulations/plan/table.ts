/** A plan as text, at most 100 columns. Imports plan, report. */

import { groupsInWords } from "../../shared/groups.ts";
import { formatBytes } from "../../shared/report/numbers.ts";
import type { MasksRow, Plan, PlanRow } from "./plan.ts";

const width = 100;
const nameWidth = 24;

/** The plan for a terminal. */
export function planTable(plan: Plan): string {
  const { job, groups, protections, masks, recommendation, notes, calibrationMs } = plan;
  const lost = `${Number((100 * job.dropout).toFixed(2))} % lost, ${Number((100 * job.corruption).toFixed(2))} % colluding`;
  return [
    `${job.groups > 1 ? `${count(job.groups)} groups of ` : ""}${count(job.clients)} clients x ${count(job.values)} values of ${job.bits} bits, ${lost}, sums over at least ${count(job.min)}`,
    `a round, estimated from ${(calibrationMs / 1000).toFixed(1)} s of measurements: CPU of one thread of this machine; bytes up from`,
    "and down to a device that stays; bytes between the aggregator and all keyholders that open the sum",
    ...(groups === undefined ? [] : wrap(`groups: ${groupsInWords(groups)}`, "")),
    "",
    line("", ["client", "once", "server", "holder", "up", "down", "to holders"]),
    ...protections.flatMap(figures),
    ...(job.rounds > 1 ? ["", ...overRun(plan)] : []),
    "",
    ...promisesOf(protections),
    "",
    ...masksTable(masks, plan),
    "",
    ...wrap(`recommended: ${recommendation.protection ?? "none of these"}: ${recommendation.reason}`, ""),
    "",
    ...notes.flatMap((note) => wrap(note, "")),
  ].join("\n");
}

function figures({ name, price, times, refusal }: PlanRow): readonly string[] {
  if (price === undefined || times === undefined) return wrap(`${name.padEnd(nameWidth)}not possible: ${refusal}`, "", nameWidth);
  const { up, down, keyholders } = price.sizes;
  const ms = [times.client, times.clientOnce, times.server, times.keyholder].map(formatMs);
  return [line(name, [...ms, ...[up, down, keyholders].map(bytes)])];
}

/** Protections that promise the same stand together. */
function promisesOf(rows: readonly PlanRow[]): readonly string[] {
  const names = new Map<string, string>();
  for (const { name, price } of rows) {
    if (price === undefined) continue;
    const { sees, broken, survives, floor } = price.promises;
    const text = [
      ...wrap(`aggregator sees   ${sees}`, "  ", 18),
      ...wrap(`to see more       it takes ${broken}`, "  ", 18),
      ...wrap(`survives          ${survives}`, "  ", 18),
      ...wrap(`a sum is over     ${floor}`, "  ", 18),
    ].join("\n");
    const known = names.get(text);
    names.set(text, known === undefined ? name : `${known}; ${name}`);
  }
  return [...names].flatMap(([text, name]) => [name, text]);
}

/** What a device pays that takes part in every round. */
function overRun({ job, protections }: Plan): readonly string[] {
  return [
    `a device that takes part in all ${count(job.rounds)} rounds:`,
    ...protections.flatMap(({ name, price, times }) => {
      if (price === undefined || times === undefined) return [];
      const ms = times.clientOnce + job.rounds * times.client;
      const [up, down] = [bytes(job.rounds * price.sizes.up), bytes(job.rounds * price.sizes.down)];
      return [`  ${name.padEnd(nameWidth)}${formatMs(ms).padStart(11)} of CPU ${up.padStart(11)} up ${down.padStart(11)} down`];
    }),
  ];
}

function masksTable(rows: readonly MasksRow[], { job }: Plan): readonly string[] {
  if (rows.length === 0) return ["masks are sound for none of the cohorts around this one"];
  const cells = (texts: readonly string[]): string => `  ${texts.map((text) => text.padStart(11)).join("")}`;
  const bits = (value: number | null): string => (value === null ? "cannot" : `2^-${value.toFixed(1)}`);
  return [
    "masks: k out-neighbors, t shares that open a secret; the odds, at most, that both secrets of any",
    "device can be opened (spied) and that the stated dropout loses a round (lost); the least honest",
    "devices in any sum that an aggregator can open, even if it lies",
    cells(["cohort", "k", "t", "masks each", "spied", "lost", "honest", "of honest"]),
    ...rows.map((row) => {
      const mark = row.devices === job.clients ? " *" : "";
      const { devices, neighbors, threshold, masksPerDevice, securityBits, recoveryBits, leastHonest, alpha } = row;
      const numbers = [count(devices), count(neighbors), count(threshold), masksPerDevice.toFixed(1)];
      return `${cells([...numbers, bits(securityBits), bits(recoveryBits), count(leastHonest), `${(100 * alpha).toFixed(1)} %`])}${mark}`;
    }),
  ];
}

function line(name: string, cells: readonly string[]): string {
  return `${name.padEnd(nameWidth)}${cells.map((cell, at) => cell.padStart(at < 4 ? 10 : 11)).join("")}`;
}

/** Words on lines of at most 100 columns, those after the first set in. */
function wrap(text: string, indent: string, hanging = 2): readonly string[] {
  const lines: string[] = [];
  let current = indent + text.slice(0, hanging);
  for (const word of text.slice(hanging).split(" ")) {
    const isFresh = current.trim() === "" || current.endsWith(" ") || current.length === indent.length + hanging;
    const next = isFresh ? current + word : `${current} ${word}`;
    if (next.length <= width) current = next;
    else {
      lines.push(current);
      current = indent + " ".repeat(hanging) + word;
    }
  }
  return [...lines, current];
}

function formatMs(ms: number): string {
  if (ms === 0) return "-";
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 10_000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

function bytes(amount: number): string {
  return amount === 0 ? "-" : formatBytes(amount);
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}
