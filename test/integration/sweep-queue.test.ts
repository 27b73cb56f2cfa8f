/** Sweeps over several processes with one Redis: killed workers, stopped ones, wrong ones, interrupted sweeps, a Redis that restarts. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Job, Queue } from "bullmq";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { noCache } from "../../simulations/sweep/cache.ts";
import { type Cell, createCell, runCell } from "../../simulations/sweep/cell.ts";
import type { Executor } from "../../simulations/sweep/executor.ts";
import { type Grid, loadGrid } from "../../simulations/sweep/grid.ts";
import { createQueueExecutor } from "../../simulations/sweep/queue/executor.ts";
import { queueName } from "../../simulations/sweep/queue/job.ts";
import { openRedis, passwordVariable, prefix } from "../../simulations/sweep/queue/redis.ts";
import { runSweep } from "../../simulations/sweep/sweep.ts";
import { createExecutor } from "../../simulations/sweep/threads.ts";
import { startWorker, type WorkerProcess } from "../support/queue-worker.ts";
import { missingRedis, type RedisServer, startRedis } from "../support/redis.ts";
import { root } from "../support/source-tree.ts";
import { lasting, smallCell } from "../support/sweep-cells.ts";
import { run } from "../support/workshop.ts";

const missing = missingRedis();
const never = new AbortController().signal;
const password = "pa55-word:of/the@queue";

describe.skipIf(missing !== undefined)(missing === undefined ? "a sweep through a queue" : `a sweep through a queue: ${missing}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "cofactor-queue-"));
  let redis: RedisServer;
  let port = "";
  let connection: Redis;
  let queue: Queue;
  const workers: WorkerProcess[] = [];
  const executors: Executor[] = [];

  beforeAll(async () => {
    redis = await startRedis({ password });
    port = new URL(redis.url).port;
    connection = new Redis(redis.url, { maxRetriesPerRequest: null });
    connection.on("error", () => undefined);
    queue = new Queue(queueName, { connection, prefix });
    queue.on("error", () => undefined);
  });
  afterEach(async () => {
    for (const executor of executors.splice(0)) await executor.close();
    const ended = workers.splice(0);
    await Promise.all(ended.map((worker) => worker.end("SIGKILL")));
    await connection.flushall();
    for (const worker of ended) expect(worker.text()).not.toMatch(/pa55|complained/);
  });
  afterAll(async () => {
    await queue.close();
    connection.disconnect();
    await redis.stop();
    rmSync(folder, { recursive: true });
  });

  const worker = async (...args: string[]): Promise<WorkerProcess> => {
    const started = await startWorker(redis.url, args);
    workers.push(started);
    return started;
  };
  const executor = async (signal: AbortSignal = never): Promise<Executor> => {
    const opened = await createQueueExecutor({ url: redis.url, signal, lookMs: 300 });
    executors.push(opened);
    return opened;
  };
  /** Whoever runs a job that has told of a round. */
  const runnerOf = (job: Job | undefined): WorkerProcess | undefined => {
    if (job === undefined || typeof job.progress !== "object") return undefined;
    const pid = /-(\d+)-[0-9a-f]{6}$/.exec(job.processedBy ?? "")?.[1];
    return workers.find((one) => String(one.pid) === pid);
  };
  /** Waits until a cell is in the middle. */
  const begun = async ({ key }: Cell): Promise<void> => {
    for (let job: Job | undefined; runnerOf(job) === undefined; job = await queue.getJob(key)) {
      if (job?.finishedOn !== undefined) throw new Error("the cell was finished before it was seen to run: it is too small");
      await pause(10);
    }
  };
  const gridOf = async (text: string): Promise<Grid> => {
    const path = join(folder, "grid.yaml");
    writeFileSync(path, text);
    return loadGrid(path, undefined, [
      "dataset.name=synthetic",
      "dataset.users=80",
      "dataset.items=30",
      "dataset.ratings=10",
      "model.kind=implicit-als",
    ]);
  };
  /** Long enough to be seen in the middle. */
  const slow = { rounds: 2_500 };

  it("whose worker is killed in the middle of a cell comes to what it comes to here", async () => {
    const grid = await gridOf("grid:\n  model.rank: [2, 3]\n  rounds: [1500]\nseeds: [1, 2]\n");
    const local = createExecutor(1, never);
    const here = await runSweep(grid, { executor: local, cache: noCache, signal: never });
    await Promise.all([worker(), worker()]);
    const remote = await executor();
    const sweep = runSweep(grid, { executor: remote, cache: noCache, signal: never });
    // Whichever cell is seen first, its worker dies in it.
    let seen: Job | undefined;
    while (seen === undefined) [seen] = (await queue.getActive()).filter((job) => runnerOf(job) !== undefined);
    const [victim, killed] = [runnerOf(seen)!, seen.id!];
    await victim.end("SIGKILL");
    expect(await sweep).toEqual(here);
    const job = (await queue.getJob(killed))!;
    expect([job.stalledCounter, job.processedBy?.includes(`-${victim.pid}-`)]).toEqual([1, false]);
    const other = workers.find((one) => one !== victim)!;
    expect(other.text()).toContain(`cell ${killed.slice(0, 8)}: its worker is gone, somebody runs it again`);
    expect(other.text()).toMatch(new RegExp(`^cell ${killed.slice(0, 8)} .*\\d s$`, "m"));
    expect(victim.text()).not.toMatch(new RegExp(`^cell ${killed.slice(0, 8)} .*\\d s$`, "m"));
  });

  it("goes on when a worker is told to stop, which gives its cell back at once or finishes it", async () => {
    const remote = await executor();
    const first = await worker("--grace", "0");
    const cell = await smallCell(slow);
    const result = remote.run(cell);
    await begun(cell);
    expect(await first.end("SIGTERM")).toBe(0);
    expect(first.text()).toMatch(/: given back\nstopped\n$/);
    expect(await (await queue.getJob(cell.key))!.getState()).toBe("waiting");
    const second = await worker("--grace", "60");
    await begun(cell);
    expect(await second.end("SIGTERM")).toBe(0);
    expect(lasting(await result)).toEqual(lasting(await runCell(cell.scenario)));
    expect((await queue.getJob(cell.key))!.stalledCounter).toBe(0);
    expect(second.text()).toMatch(/^stopping: no further cells\ncell .*\d s\nstopped\n$/m);
  });

  it("refuses cells of another version, and data that no worker has, each with its code", async () => {
    await worker();
    const remote = await executor();
    await expect(remote.run(await smallCell({}, "9.0.0"))).rejects.toMatchObject({
      code: "PROTOCOL_UNSUPPORTED",
      message: expect.stringContaining("got one of 9.0.0"),
    });
    const { scenario, version } = await smallCell({ seed: 2 });
    await expect(remote.run(createCell(scenario, "0".repeat(64), version))).rejects.toMatchObject({
      code: "DATA_INVALID",
      message: expect.stringContaining("expected sha256 0000000000000000"),
    });
    expect((await remote.run(await smallCell({ seed: 2 }))).isComplete).toBe(true);
  });

  it("leaves a cell to the worker that has its data", async () => {
    const rows = (factor: number): string =>
      ["user,item,rating", ...Array.from({ length: 400 }, (_, at) => `u${at % 40},i${(at * factor) % 23},${1 + (at % 5)}`)].join("\n");
    const places = ["mine", "theirs", "wrong"].map((name) => mkdtempSync(join(folder, `${name}-`)));
    for (const [at, place] of places.entries()) writeFileSync(join(place, "r.csv"), rows(at === 2 ? 5 : 7));
    const cell = await smallCell({ dataset: { name: "csv", path: join(places[0]!, "r.csv") } });
    const [without, wrong] = await Promise.all([worker(), worker("--data", places[2]!)]);
    const remote = await executor();
    await expect(remote.run(cell)).rejects.toMatchObject({ code: "DATA_INVALID" });
    await worker("--data", places[1]!);
    const result = await remote.run(cell);
    expect(lasting(result)).toEqual(lasting(await runCell(cell.scenario)));
    expect(result.scenario.dataset["path"]).toBe(join(places[0]!, "r.csv"));
    for (const other of [without, wrong]) expect(other.text()).not.toMatch(/\d s$/m);
  });

  it("that is interrupted leaves nothing that nobody has begun, and finds what was finished when it goes on", async () => {
    const helper = await worker();
    const cells = await Promise.all([1, 2, 3].map((seed) => smallCell({ seed, ...(seed === 2 ? slow : {}) })));
    const stopping = new AbortController();
    const first = await executor(stopping.signal);
    const running = cells.map((cell) => first.run(cell));
    await running[0];
    await begun(cells[1]!);
    stopping.abort();
    const ended = await Promise.allSettled(running);
    expect(ended.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected"]);
    await first.close();
    expect(await queue.getJob(cells[2]!.key)).toBeUndefined();
    const second = await executor();
    const results = await Promise.all(cells.map((cell) => second.run(cell)));
    for (const [at, { scenario }] of cells.entries()) expect(lasting(results[at]!)).toEqual(lasting(await runCell(scenario)));
    expect(helper.text().match(/^cell .*\d s$/gm)).toHaveLength(3);
  });

  it("brings large results by a blob that expires, and runs the cell again when it has", async () => {
    await worker("--concurrency", "2");
    const remote = await executor();
    const cell = await smallCell(slow);
    const result = await remote.run(cell);
    expect(JSON.stringify(result).length).toBeGreaterThan(200_000);
    expect(JSON.stringify((await queue.getJob(cell.key))!.returnvalue).length).toBeLessThan(300);
    const [blob] = await connection.keys(`${prefix}:blob:*`);
    expect(await connection.ttl(blob!)).toBeGreaterThan(3_000);
    await connection.del(blob!);
    expect(lasting(await remote.run(cell))).toEqual(lasting(result));
  });

  it("outlives a Redis that dies and comes back with what it wrote down", async () => {
    const helper = await worker();
    const remote = await executor();
    const cells = await Promise.all([7, 8, 9].map((seed) => smallCell({ seed, ...(seed === 7 ? slow : {}) })));
    const running = cells.map((cell) => remote.run(cell));
    await begun(cells[0]!);
    await redis.kill();
    await redis.start();
    const results = await Promise.all(running);
    for (const [at, { scenario }] of cells.entries()) expect(lasting(results[at]!)).toEqual(lasting(await runCell(scenario)));
    expect(helper.text()).toMatch(/^the queue at redis:\/\/127\.0\.0\.1:\d+ is lost: trying again$/m);
  });

  describe("from the command line", () => {
    const command = (queueUrl: string, ...args: string[]) => {
      const sets = ["dataset.name=synthetic", "dataset.users=80", "dataset.items=30", "dataset.ratings=10", "rounds=2"];
      const grid = join(folder, "line.yaml");
      writeFileSync(grid, "grid:\n  model.rank: [2, 3]\nseeds: [1, 2]\n");
      const line = ["simulate", "--sweep", grid, ...sets.flatMap((set) => ["--set", set]), ...args];
      return run(process.execPath, [join(root, "cofactor.ts"), ...line, ...(queueUrl === "" ? [] : ["--queue", queueUrl])], root, 60_000);
    };

    it("prints the same result as without a queue, and never the password", async () => {
      await worker();
      const here = await command("", "--json", "-", "--workers", "1");
      const there = await command(redis.url, "--json", "-");
      expect(there).toEqual(here);
      expect(here.code).toBe(0);
      const told = await command(redis.url);
      expect(told.text).toContain("wherever a worker reads the queue");
      expect(told.text).not.toContain("pa55");
    });

    it("takes a password from its variable", async () => {
      vi.stubEnv(passwordVariable, password);
      const opened = await openRedis(`redis://127.0.0.1:${port}`, () => undefined);
      expect(await opened.client.ping()).toBe("PONG");
      opened.close();
      vi.unstubAllEnvs();
    });

    it("refuses wrong passwords, and options that do not go together", async () => {
      const wrong = await command(redis.url.replace("pa55", "pa56"));
      expect(wrong.code).toBe(1);
      expect(wrong.text).toContain(`AUTH_FAILED: the queue at redis://127.0.0.1:${port} expected another user or password (WRONGPASS)`);
      expect(wrong.text).not.toMatch(/pa5[56]/);
      const both = await command(redis.url, "--workers", "2");
      expect([both.code, both.text]).toEqual([2, expect.stringContaining('"--workers" expected no "--queue"')]);
    });
  });
});
