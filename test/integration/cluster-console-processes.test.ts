/** Consoles at real processes: two coordinators, three gateways, a PostgreSQL and a Redis; the leader is killed under them. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { roamingDevice } from "../support/cluster-devices.ts";
import { type Cluster, missingCluster, startCluster } from "../support/cluster-processes.ts";
import { ScriptedConsole, token } from "../support/console-world.ts";
import { countingRun } from "../support/counting-run.ts";

const missing = missingCluster();
const size = 6;
const devices = 5;
const patience = { timeout: 90_000, interval: 100 };
const terms = { rounds: 400, cohort: { size: devices, min: devices }, deadline: { stageMs: 30_000, graceMs: 10_000 } };

describe.skipIf(missing !== undefined)(`consoles of a cluster${missing === undefined ? "" : `, skipped: ${missing}`}`, () => {
  let cluster: Cluster;
  const consoles: ScriptedConsole[] = [];
  beforeAll(async () => {
    cluster = await startCluster({ counting: { size, terms }, restMs: 100, consoleToken: token });
  });
  afterAll(async () => {
    for (const console of consoles) console.close();
    await cluster?.end();
  });

  const metric = async (url: string, name: string): Promise<string | undefined> => {
    const text = await (await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } })).text();
    return new RegExp(`^${name} (.*)$`, "m").exec(text)?.[1];
  };

  it("follow the leader over a kill: the other one shows the run with its orders, the killed one comes back and says who leads", async () => {
    const { coordinators, coordinatorUrls, urls } = cluster;
    await expect.poll(() => coordinators.filter(({ isLeading }) => isLeading).length, patience).toBe(1);
    const leader = coordinators.findIndex(({ isLeading }) => isLeading);
    const [leaderUrl, otherUrl] = [coordinatorUrls[leader]!, coordinatorUrls[1 - leader]!];
    const [one, two] = [leaderUrl, otherUrl].map((url) => new ScriptedConsole(url, { token, name: "Ada" }, {}, true)) as [
      ScriptedConsole,
      ScriptedConsole,
    ];
    consoles.push(one, two);
    await expect.poll(() => two.standby, patience).toMatchObject({ leader: leaderUrl, isTakingOver: false });
    await expect
      .poll(() => one.live?.gateways?.map(({ name }) => name).toSorted(), patience)
      .toEqual(urls.map((url) => `gateway-${new URL(url).port}`).toSorted());
    const run = countingRun(size, terms);
    const taking = Promise.all(Array.from({ length: devices }, (_, index) => roamingDevice(run, urls, size, index, () => 5)));
    await expect.poll(() => one.rounds.length, patience).toBeGreaterThan(2);
    expect(one.rounds.at(-1)).toMatchObject({ outcome: "published", accepted: devices, dropped: 0 });
    await expect.poll(() => one.live?.gateways?.reduce((sum, { clients }) => sum + clients, 0), patience).toBe(devices);
    expect(await one.ask("order", "pause")).toEqual({ ok: true });
    await expect.poll(() => one.live?.standing === "paused" && one.live.open === null, patience).toBe(true);
    const { round } = one.live!;

    await coordinators[leader]!.kill();
    await expect.poll(() => two.live?.gateways?.length, patience).toBe(3);
    expect(two.live).toMatchObject({ standing: "paused", round, orders: [{ order: "pause", by: "Ada" }] });
    expect(two.standby).toBeUndefined();
    await coordinators[leader]!.start();
    await expect.poll(() => one.standby, patience).toMatchObject({ leader: otherUrl });
    expect([await metric(leaderUrl, "cofactor_leading"), await metric(otherUrl, "cofactor_leading")]).toEqual(["0", "1"]);
    expect(await metric(otherUrl, "cofactor_gateways")).toBe("3");
    for (const url of urls) expect(await metric(url, "cofactor_linked")).toBe("1");

    expect(await one.ask("order", "resume")).toMatchObject({ ok: false, message: expect.stringMatching(/^UNAVAILABLE/) as string });
    await expect.poll(() => two.live?.connected, patience).toBe(devices);
    expect(await two.ask("order", "resume")).toEqual({ ok: true });
    await expect.poll(() => two.rounds.at(-1)?.round, patience).toBeGreaterThan(round);
    expect(await two.ask("order", "end")).toEqual({ ok: true });
    const logs = await taking;
    expect(new Set(logs.map(({ lastModel }) => lastModel)).size).toBe(1);
    await expect.poll(() => two.live?.standing, patience).toBe("ended");
    for (const member of [...coordinators, ...cluster.gateways]) expect(member.failures).toEqual([]);
  });
});
