/** The command line: declarations, arguments as typed, help, exit codes, errors. */
import { describe, expect, it } from "vitest";
import { type CommandEntry, defineCommand } from "../../shared/command/command.ts";
import { parseArguments } from "../../shared/command/parse.node.ts";
import { runProgram } from "../../shared/command/program.node.ts";
import { CofactorError } from "../../shared/errors.ts";

const sample = defineCommand({
  positionals: ["[SCENARIO]"],
  options: {
    json: { kind: "text", value: "FILE", summary: "where the result goes" },
    set: { kind: "list", value: "PATH=VALUE", summary: "changes one value" },
    seed: { kind: "number", summary: "the seed", default: 1, short: "s" },
    quiet: { kind: "flag", summary: "no progress" },
  },
  examples: ["cofactor simulate --seed 3"],
  run: async ({ options, positionals, io }) => {
    const seed: number = options.seed;
    const json: string | undefined = options.json;
    const quiet: boolean = options.quiet;
    if (seed === 13) throw new CofactorError("DATA_INVALID", "line 3 expected a rating");
    if (seed === 14) throw new CofactorError("CONFIG_INVALID", '"rank" expected a number');
    if (seed === 15) throw new RangeError("beyond");
    io.out(JSON.stringify({ seed, json, quiet, set: options.set, positionals }));
    return seed === 12 ? 1 : undefined;
  },
});

const loaded: string[] = [];
function entry(name: string): CommandEntry {
  return {
    name,
    summary: `does ${name}`,
    load: async () => {
      loaded.push(name);
      return { command: sample };
    },
  };
}

async function call(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return callOn({ nodeVersion: "24.1.0", debug: false }, ...args);
}

async function callOn(
  host: { nodeVersion: string; debug: boolean },
  ...args: string[]
): Promise<{ code: number; out: string; err: string }> {
  let out = "";
  let err = "";
  const io = {
    out: (text: string) => void (out += text),
    err: (text: string) => void (err += text),
    isTerminal: false,
    signal: new AbortController().signal,
  };
  const program = { name: "cofactor", summary: "a sample", version: "1.2.3", node: "22.18", commands: [entry("simulate"), entry("serve")] };
  return { code: await runProgram(program, args, { io, ...host }), out, err };
}

describe("arguments", () => {
  it("stay as typed: a dash, leading zeros and an equals sign are part of a text", () => {
    const parsed = parseArguments(sample, ["--json", "-", "--set", "a=1", "--set=b=007", "film.yaml"]);
    expect(parsed.options).toEqual({ json: "-", set: ["a=1", "b=007"], seed: 1, quiet: false });
    expect(parsed.positionals).toEqual(["film.yaml"]);
  });

  it("take numbers, also negative ones, and short names", () => {
    expect(parseArguments(sample, ["--seed=-2.5e1"]).options["seed"]).toBe(-25);
    expect(parseArguments(sample, ["--seed", "-25"]).options["seed"]).toBe(-25);
    expect(parseArguments(sample, ["-s", "4"]).options["seed"]).toBe(4);
  });

  it("are refused when unknown, without value, with one too many, or no number", () => {
    expect(() => parseArguments(sample, ["--seeds", "1"])).toThrow("--seeds is not a known option; did you mean --seed?");
    expect(() => parseArguments(sample, ["--__proto__", "1"])).toThrow("is not a known option");
    expect(() => parseArguments(sample, ["--seed"])).toThrow("--seed expected a value");
    expect(() => parseArguments(sample, ["--seed", "--quiet"])).toThrow("--seed expected a value");
    expect(() => parseArguments(sample, ["--seed", "x"])).toThrow('--seed expected a number, got "x"');
    expect(() => parseArguments(sample, ["--seed", ""])).toThrow("--seed expected a number");
    expect(() => parseArguments(sample, ["--quiet=yes"])).toThrow("--quiet takes no value");
    expect(() => parseArguments(sample, ["a", "b"])).toThrow('"b" is too many');
  });

  it("that a subcommand requires are named when missing, and a rest is taken whole", () => {
    const needs = defineCommand({ positionals: ["<FILE>", "[...MORE]"], options: {}, run: async () => undefined });
    expect(() => parseArguments(needs, [])).toThrow("the argument <FILE> is missing");
    expect(parseArguments(needs, ["a", "--", "--b", "c"]).positionals).toEqual(["a", "--b", "c"]);
    expect(parseArguments(needs, ["--help"]).help).toBe(true);
  });
});

describe("the program", () => {
  it("runs the named subcommand and loads no other", async () => {
    loaded.length = 0;
    const { code, out, err } = await call("simulate", "x.yaml", "--quiet");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(JSON.parse(out)).toEqual({ seed: 1, quiet: true, set: [], positionals: ["x.yaml"] });
    expect(loaded).toEqual(["simulate"]);
  });

  it("prints help and version without loading anything", async () => {
    loaded.length = 0;
    const help = await call("--help");
    expect(help.code).toBe(0);
    expect(help.out).toContain("simulate  does simulate");
    expect(await call("--version")).toEqual({ code: 0, out: "1.2.3\n", err: "" });
    expect(loaded).toEqual([]);
  });

  it("prints a subcommand's help with its options, defaults and examples", async () => {
    const { code, out } = await call("simulate", "--help");
    expect(code).toBe(0);
    expect(out).toContain("Usage: cofactor simulate [SCENARIO] [OPTIONS]");
    expect(out).toMatch(/--seed N, -s +the seed \(default 1\)/);
    expect(out).toMatch(/--set PATH=VALUE +changes one value \(may be repeated\)/);
    expect(out).toContain("cofactor simulate --seed 3");
  });

  it("names the nearest command for an unknown one and ends with 2", async () => {
    const { code, err, out } = await call("simulat");
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toBe('CONFIG_INVALID: "simulat" is not a known command; did you mean "simulate"?\n');
    expect((await call("nonsense")).err).toContain("known commands: simulate, serve");
    expect((await call()).code).toBe(2);
  });

  it("ends with 2 for a configuration error, 1 for any other, and shows no stack", async () => {
    expect(await call("simulate", "--seed", "13")).toEqual({ code: 1, out: "", err: "DATA_INVALID: line 3 expected a rating\n" });
    expect((await call("simulate", "--seed", "14")).code).toBe(2);
    const internal = await call("simulate", "--seed", "15");
    expect(internal).toEqual({ code: 1, out: "", err: "INTERNAL: beyond (COFACTOR_DEBUG=1 shows where)\n" });
    expect((await call("simulate", "--seed", "12")).code).toBe(1);
    const debug = await callOn({ nodeVersion: "24.1.0", debug: true }, "simulate", "--seed", "15");
    expect(debug.err).toContain("command.test.ts");
  });

  it("says which Node is needed on an older one", async () => {
    const old = await callOn({ nodeVersion: "22.17.9", debug: false }, "--version");
    expect(old.code).toBe(2);
    expect(old.err).toContain("needs Node 22.18 or newer; this is Node 22.17.9");
    expect((await callOn({ nodeVersion: "22.18.0", debug: false }, "--version")).code).toBe(0);
  });
});
