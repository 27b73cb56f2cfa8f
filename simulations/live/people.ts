/** Two of the data's people: what they liked, and what their own devices recommend. Imports processes. */
import { CofactorError } from "../../shared/errors.ts";
import { ratingsOf } from "../../shared/math/ratings.ts";
import type { Prepared } from "../prepare.ts";
import type { DeviceHost } from "./processes.ts";

const shownPeople = 2;
const liked = 3;
const recommended = 5;

/** Lines about the first people of a host; the recommendations are computed in the device's own process. */
export async function showPeople(prepared: Prepared, host: DeviceHost): Promise<string[]> {
  const { dataset, split } = prepared;
  const title = (item: number): string => dataset.itemTitles?.[item] ?? `item ${dataset.itemIds[item]}`;
  const lines: string[] = [];
  for (const { user } of host.devices.slice(0, shownPeople)) {
    const { items, values } = ratingsOf(split.training, user);
    const best = [...items.keys()].sort((a, b) => values[b]! - values[a]! || a - b).slice(0, liked);
    lines.push("", `User ${dataset.userIds[user]}, computed on the device`);
    lines.push(`  rated highest  ${best.map((index) => `${title(items[index]!)} (${values[index]})`).join("; ")}`);
    const top = await recommend(host, user);
    lines.push(...top.map(({ item }, rank) => `  ${rank === 0 ? "recommended  " : "             "}  ${rank + 1}. ${title(item)}`));
  }
  return lines;
}

function recommend(host: DeviceHost, user: number): Promise<readonly { readonly item: number }[]> {
  return new Promise((resolve, reject) => {
    const gone = (): void => reject(new CofactorError("INTERNAL", "a process of devices ended before it recommended"));
    if (host.process.exitCode !== null || host.process.signalCode !== null) gone();
    host.process.once("exit", gone);
    host.onReport((report) => {
      if (report.kind === "recommended" && report.user === user) resolve(report.items);
    });
    host.order({ kind: "recommend", user, count: recommended });
  });
}
