/** `cofactor plan` as a process: JSON alone, help, refusals. */
import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { packageRoot } from "../../simulations/package-root.ts";
import type { Plan } from "../../simulations/plan/plan.ts";

function plan(...args: readonly string[]): { readonly code: number | null; readonly out: string; readonly err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["cofactor.ts", "plan", ...args], {
    cwd: packageRoot(),
    encoding: "utf8",
  });
  return { code: status, out: stdout, err: stderr };
}

const job = ["--clients", "1000", "--values", "26912", "--bits", "24", "--dropout", "0.1"];

it("prints nothing but JSON with --json -, with every protection priced", () => {
  const { code, out, err } = plan(...job, "--time", "50", "--json", "-");
  expect([code, err]).toEqual([0, ""]);
  const found = JSON.parse(out) as Plan & { readonly machine: object };
  expect(Object.keys(found)).toEqual(["machine", "job", "protections", "masks", "recommendation", "notes", "calibrationMs"]);
  expect(found.job).toMatchObject({ clients: 1_000, values: 26_912, bits: 24, min: 500 });
  // Masks: 325 bytes of keys, 95 boxes of 82, 26,912 x 5, 32, 95 shares of 35, and 2 for each of two lists.
  expect(found.protections.map(({ name, price }) => [name, price?.sizes.up])).toEqual([
    ["open", 215_296],
    ["masks", 146_036],
    ["paillier 2048, 1 holder", 229_888],
    ["paillier 2048, t of n", 229_888],
    ["paillier 3072, t of n", 230_400],
    ["masked-paillier 2048", 598_228],
  ]);
  for (const { times } of found.protections) for (const one of Object.values(times!)) expect(one).toBeGreaterThanOrEqual(0);
  expect(found.recommendation.protection).toBe("masks");
});

it("prints tables and a recommendation", () => {
  const { code, out } = plan("--clients", "30", "--items", "100", "--rank", "4", "--once", "--time", "20");
  expect(code).toBe(0);
  expect(out).toContain("30 clients x 400 values of 24 bits, 10 % lost, 10 % colluding, sums over at least 15");
  expect(out).toContain("recommended: paillier 2048, t of n: devices answer once");
});

it("explains itself with --help", () => {
  const { code, out } = plan("--help");
  expect(code).toBe(0);
  for (const option of ["--clients N", "--dropout SHARE", "--threshold T", "--json FILE"]) expect(out).toContain(option);
});

it.each([
  [["--client", "5"], "did you mean --clients?"],
  [["--clients", "1000"], '"--values" expected a whole number'],
  [[...job, "--dropout", "2"], "nearest: 0.9"],
  [[...job, "--time", "0"], '"--time" expected 1 to 600000 ms'],
])("refuses %j with exit code 2", (args, message) => {
  const { code, out, err } = plan(...args);
  expect([code, out]).toEqual([2, ""]);
  expect(err).toContain(message);
});
