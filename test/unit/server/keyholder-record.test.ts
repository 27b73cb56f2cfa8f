/** A keyholder's record: what it keeps over restarts and power cuts, and that one process at a time has it. */
import { fork } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fileRecord, type KeyholderRecord, memoryRecord } from "../../../server/keyholder-record.ts";

let folder = "";
let path = "";
const open: KeyholderRecord[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cofactor-record-"));
  path = join(folder, "holder.opened");
});
afterEach(() => {
  for (const record of open.splice(0)) record.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Opens the file, as a process would that started after the last one ended. */
function restart(): KeyholderRecord {
  for (const record of open.splice(0)) record.close();
  const record = fileRecord(path);
  open.push(record);
  return record;
}

const storeFailed: unknown = expect.objectContaining({ code: "STORE_FAILED" });

describe.each(["memory", "file"] as const)("a keyholder's record in %s", (kind) => {
  it("keeps the first list of a round and the first enrolment of a run, and keeps runs apart", () => {
    const record = kind === "memory" ? memoryRecord() : restart();
    record.record("a", 1, "first");
    record.record("a", 1, "second");
    record.record("a", 2, "third");
    record.enrol("a", { terms: "t", serverKey: "k" });
    record.enrol("a", { terms: "u", serverKey: "l" });
    const again = kind === "memory" ? record : restart();
    expect([again.opened("a", 1), again.opened("a", 2), again.opened("a", 3), again.opened("b", 1)]).toEqual([
      "first",
      "third",
      undefined,
      undefined,
    ]);
    expect([again.enrolment("a"), again.enrolment("b")]).toEqual([{ terms: "t", serverKey: "k" }, undefined]);
  });
});

describe.each(["memory", "file"] as const)("a keyholder's record of groups in %s", (kind) => {
  it("keeps a list a group, and knows who is on those of the newest round", () => {
    const record = kind === "memory" ? memoryRecord() : restart();
    record.record("a", 1, "first", 0, ["device-one-and-more", "device-two"]);
    record.record("a", 1, "second", 1, ["device-three"]);
    record.record("a", 1, "third", 1, ["device-four"]);
    const again = kind === "memory" ? record : restart();
    expect([0, 1, 2].map((group) => again.opened("a", 1, group))).toEqual(["first", "second", undefined]);
    expect(again.conflict("a", 1, 2, ["device-five", "device-one-and-more"])).toBe("shared");
    expect(again.conflict("a", 1, 0, ["device-one-and-more"])).toBeUndefined();
    expect(again.conflict("a", 1, 2, ["device-four"])).toBeUndefined();
    expect(again.conflict("b", 1, 2, ["device-two"])).toBeUndefined();
    again.record("a", 2, "fourth", 0, ["device-two"]);
    expect(again.conflict("a", 1, 2, ["device-five"])).toBe("over");
    expect(again.conflict("a", 3, 0, ["device-two"])).toBeUndefined();
  });
});

describe("a keyholder's record in a file", () => {
  it("only grows, a line for each thing recorded, for its owner alone", () => {
    const record = restart();
    record.record("a", 1, "x");
    const before = readFileSync(path, "utf8");
    record.record("a", 2, "y");
    record.record("a", 2, "z");
    expect(readFileSync(path, "utf8")).toBe(`${before}["a",2,"y"]\n`);
    expect(statSync(path).mode & 0o077).toBe(0);
  });

  it("cuts off a last line that a power cut tore, and goes on behind the one before", () => {
    const whole = '["a",1,"x"]\n';
    for (const torn of ['["a",2,"y', "[", "\0\0\0", '["a",']) {
      for (const record of open.splice(0)) record.close();
      writeFileSync(path, whole + torn);
      const record = restart();
      expect([record.opened("a", 1), record.opened("a", 2)]).toEqual(["x", undefined]);
      record.record("a", 2, "z");
      expect(readFileSync(path, "utf8")).toBe(`${whole}["a",2,"z"]\n`);
      expect(restart().opened("a", 2)).toBe("z");
    }
  });

  it("keeps a last line that lacks nothing but its end", () => {
    writeFileSync(path, '["a",1,"x"]\n["a",2,"y"]');
    expect(restart().opened("a", 2)).toBe("y");
    expect(readFileSync(path, "utf8")).toBe('["a",1,"x"]\n["a",2,"y"]\n');
  });

  it("says STORE_FAILED when a line is damaged: without it a round could be opened twice", () => {
    for (const damaged of [
      "half a li\n",
      '["a",1]\n',
      '["a","1","x"]\n',
      "\n",
      '{"run":"a"}\n["a",1,"x"]\n',
      '["a",1,"x"\n["a",2,"y"]\n',
    ]) {
      writeFileSync(path, damaged);
      expect(() => fileRecord(path), damaged).toThrow(storeFailed as Error);
    }
  });

  it("says STORE_FAILED where it cannot be written", () => {
    expect(() => fileRecord(join(folder, "none", "holder.opened"))).toThrow(storeFailed as Error);
  });

  it("is one process's at a time, and the next one's as soon as that is killed", async () => {
    const module = new URL("../../../server/keyholder-record.ts", import.meta.url).pathname;
    const program = join(folder, "other.mjs");
    writeFileSync(
      program,
      `import { fileRecord } from ${JSON.stringify(module)}; fileRecord(process.argv[2]).record("a", 1, "x"); globalThis.gc(); process.send("open"); setInterval(() => {}, 1000);`,
    );
    const other = fork(program, [path], { execArgv: ["--expose-gc"], stdio: ["ignore", "ignore", "inherit", "ipc"] });
    const ended = new Promise((resolve) => other.once("exit", resolve));
    try {
      await new Promise((resolve) => other.once("message", resolve));
      expect(() => fileRecord(path)).toThrow(
        expect.objectContaining({ code: "STORE_FAILED", message: expect.stringContaining("another process") as string }) as Error,
      );
    } finally {
      other.kill("SIGKILL");
      await ended;
    }
    expect(restart().opened("a", 1)).toBe("x");
    expect(() => fileRecord(path)).toThrow(storeFailed as Error);
  });
});
