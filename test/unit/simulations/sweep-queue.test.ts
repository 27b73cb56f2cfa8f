/** What crosses the queue of a sweep, where a worker finds its data, and what is told of the connection. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CofactorError } from "../../../shared/errors.ts";
import { packageVersion } from "../../../simulations/package-root.ts";
import type { Result } from "../../../simulations/result.ts";
import { parseScenario, type Scenario } from "../../../simulations/scenario.ts";
import { type Cell, createCell, runCell } from "../../../simulations/sweep/cell.ts";
import { locateData } from "../../../simulations/sweep/queue/data.ts";
import { decodeAnswer, decodeCell, decodeFailure, encodeAnswer, encodeCell, encodeFailure } from "../../../simulations/sweep/queue/job.ts";
import { openRedis } from "../../../simulations/sweep/queue/redis.ts";
import { smallCell } from "../../support/sweep-cells.ts";

const version = packageVersion();
const noBlob = async (): Promise<Buffer | null> => null;
const overWire = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

let cell: Cell;
let result: Result;
beforeAll(async () => {
  cell = await smallCell();
  result = await runCell(cell.scenario);
});

describe("a cell that crosses", () => {
  it("is the same cell on the other side", () => {
    const { cell: received, refusals } = decodeCell(overWire(encodeCell(cell)), cell.key, version);
    expect(createCell(received.scenario, received.dataSha256, received.version)).toMatchObject({ key: cell.key });
    expect(overWire(received.scenario)).toEqual(overWire(cell.scenario));
    expect(refusals).toEqual({});
  });

  it("is refused when it is none, or another one than its job's id says", async () => {
    const job = encodeCell(cell);
    const changed = { ...job, scenario: { ...job.scenario, rounds: 3 } };
    for (const data of [undefined, null, 7, {}, { ...job, dataSha256: "x" }, { ...job, more: 1 }, changed])
      expect(() => decodeCell(data, cell.key, version)).toThrow(expect.objectContaining({ code: "MESSAGE_MALFORMED" }));
    const unknown = { ...job, scenario: { ...job.scenario, rownds: 3 } };
    expect(() => decodeCell(unknown, cell.key, version)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
    const live = await smallCell({ network: { transport: "socket" } });
    expect(() => decodeCell(overWire(encodeCell(live)), live.key, version)).toThrow(/"network.transport" expected memory/);
  });

  it("of another version is told apart, though its scenario may have unknown words", () => {
    const job = { ...encodeCell(cell), version: "9.0.0", scenario: { from: "the future" } };
    expect(decodeCell(job, "k", version).cell).toMatchObject({ key: "k", version: "9.0.0" });
  });

  it("is refused when JSON would change it", () => {
    const odd = { ...cell, scenario: { ...cell.scenario, model: { ...cell.scenario.model, l2: Number.POSITIVE_INFINITY } } };
    expect(() => encodeCell(odd)).toThrow(/"l2" expected a finite number/);
  });
});

describe("a result that crosses", () => {
  it("comes back as it was, in the job when it is small", async () => {
    const { answer, blob } = encodeAnswer(result);
    expect(blob).toBeUndefined();
    expect(await decodeAnswer(overWire(answer), cell, noBlob)).toEqual(result);
  });

  it("comes back as it was, by a blob when it is large; one that is gone is no answer", async () => {
    const large = { ...result, rounds: Array.from({ length: 2_000 }, () => result.rounds[0]!) };
    const { answer, blob } = encodeAnswer(large);
    expect(JSON.stringify(answer).length).toBeLessThan(300);
    expect(blob!.bytes.length).toBeLessThan(JSON.stringify(large).length / 10);
    expect(await decodeAnswer(answer, cell, async (key) => (key === blob!.key ? blob!.bytes : null))).toEqual(large);
    expect(await decodeAnswer(answer, cell, noBlob)).toBeUndefined();
    for (const bytes of [blob!.bytes.subarray(0, 50), Buffer.from("{}"), encodeAnswer({ ...large, protocol: "x" }).blob!.bytes])
      await expect(decodeAnswer(answer, cell, async () => bytes)).rejects.toMatchObject({ code: "MESSAGE_MALFORMED" });
  });

  it("is refused when it was changed, is not complete, or is another cell's", async () => {
    const { answer } = encodeAnswer(result);
    const text = JSON.stringify(result);
    const other = await smallCell({ seed: 2 });
    const wrong: [unknown, Cell][] = [
      [undefined, cell],
      ["", cell],
      [{ ...answer, text: text.replace(/"rounds":2/, '"rounds":3') }, cell],
      [encodeAnswer({ ...result, isComplete: false }).answer, cell],
      [encodeAnswer({ ...result, version: "9.0.0" }).answer, cell],
      [encodeAnswer({ ...result, dataset: { ...result.dataset, sha256: "0".repeat(64) } }).answer, cell],
      [answer, other],
      [{ sha256: "0".repeat(64), blob: "somebody's:key" }, cell],
    ];
    for (const [value, of] of wrong) await expect(decodeAnswer(value, of, noBlob)).rejects.toMatchObject({ code: "MESSAGE_MALFORMED" });
  });

  it("names the data by the path of whoever asks", async () => {
    const dataset = { ...cell.scenario.dataset, path: "here.csv" };
    const mine = { ...cell, scenario: { ...cell.scenario, dataset } };
    const { scenario } = (await decodeAnswer(encodeAnswer(result).answer, mine, noBlob))!;
    expect(scenario.dataset).toEqual(dataset);
  });
});

describe("a failure that crosses", () => {
  it("keeps its code and message", () => {
    const error = new CofactorError("DATA_INVALID", "a.csv:3: expected a number: none");
    expect(decodeFailure(encodeFailure(error))).toMatchObject({ code: "DATA_INVALID", message: error.message });
    expect(decodeFailure(encodeFailure(new TypeError("x is not a function")))).toMatchObject({
      code: "INTERNAL",
      message: "x is not a function",
    });
  });

  it("of the queue itself says that workers died, or what it was", () => {
    expect(decodeFailure("job stalled more than allowable limit")).toMatchObject({ code: "DISCONNECTED" });
    expect(decodeFailure("NO_SUCH_CODE: x")).toMatchObject({ code: "INTERNAL", message: /NO_SUCH_CODE/ });
  });
});

describe("a worker's data", () => {
  const folder = mkdtempSync(join(tmpdir(), "cofactor-data-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, "films"));
  for (const name of ["films/a.csv", "a.csv", "b.csv.gz"]) writeFileSync(join(folder, name), "");
  const of = (path: string, more: object = {}): Scenario => parseScenario({ dataset: { name: "csv", path, ...more } });
  const found = (scenario: Scenario): unknown => locateData(scenario, folder).dataset["path"];

  it("lie where the longest end of the cell's path is, plain or packed", () => {
    expect(found(of("/srv/ann/films/a.csv"))).toBe(join(folder, "films/a.csv"));
    expect(found(of("C:\\ann\\films\\a.csv"))).toBe(join(folder, "films/a.csv"));
    expect(found(of("/srv/ann/a.csv"))).toBe(join(folder, "a.csv"));
    expect(found(of("b.csv"))).toBe(join(folder, "b.csv"));
    const titled = of("a.csv", { titles: { path: "/x/films/a.csv" } });
    expect(locateData(titled, folder).dataset["titles"]).toMatchObject({ path: join(folder, "films/a.csv") });
  });

  it("are read from its own folder and no other", () => {
    const outside = join(folder, "films", "..", "..", "..", "..", "etc", "passwd");
    for (const path of ["/etc/passwd", "../../etc/passwd", outside, "c.csv"])
      expect(() => found(of(path))).toThrow(expect.objectContaining({ code: "DATA_INVALID" }));
    expect(() => locateData(of("a.csv"), undefined)).toThrow(/expected a worker with --data DIR/);
    expect(locateData(cell.scenario, undefined)).toEqual(cell.scenario);
  });
});

describe("the connection", () => {
  it("refuses what is no Redis's URL without repeating it", async () => {
    for (const url of ["secret", "http://ann:secret@host", "redis:secret", "redis://", "ann:secret@host:6379"]) {
      const error: unknown = await openRedis(url, () => undefined).catch((refusal: unknown) => refusal);
      expect(error).toMatchObject({ code: "CONFIG_INVALID" });
      expect(String(error)).not.toContain("secret");
    }
  });

  it("says where nobody answers, without user and password", async () => {
    const error: unknown = await openRedis("redis://ann:secret@127.0.0.1:1/3", () => undefined).catch((refusal: unknown) => refusal);
    expect(error).toMatchObject({ code: "DISCONNECTED", message: "the queue at redis://127.0.0.1:1/3 cannot be reached (ECONNREFUSED)" });
    expect((error as CofactorError).cause).toBeUndefined();
  });
});
