/** Agents that factorize a drawn matrix together, for tests: data, programs, one run on simulated links. */
import { opensslPower } from "../../shared/crypto/paillier/openssl-power.node.ts";
import { createClearExchange } from "../../shared/peer/nmf/clear-exchange.ts";
import type { DifferenceExchange } from "../../shared/peer/nmf/exchange.ts";
import { type Columns, fitColumns, fitRows, squaredError } from "../../shared/peer/nmf/factors.ts";
import { createKeyTools, createPaillierExchange, type KeyTools } from "../../shared/peer/nmf/paillier-exchange.ts";
import { createNmfProgram, type NmfState, type NmfTerms } from "../../shared/peer/nmf/program.ts";
import type { Program } from "../../shared/peer/program.ts";
import { createRng, type Rng, secureRng, simulationRng } from "../../shared/random.ts";
import { testKey1024 } from "./paillier-keys.ts";

/** All test agents have the same key: one table serves them. */
export const testTools: Promise<KeyTools> = createKeyTools(testKey1024.publicKey, secureRng, 512);

/** The synthetic problem: X, Y uniform, folded normal noise of 0.01. */
export function drawColumns(agents: number, rows: number, rank: number, count: number, rng: Rng): readonly Columns[] {
  const left = Float64Array.from({ length: rows * rank }, () => rng.float());
  return Array.from({ length: agents }, () => {
    const values = new Float64Array(count * rows);
    for (let column = 0; column < count; column++) {
      const y = Float64Array.from({ length: rank }, () => rng.float());
      for (let row = 0; row < rows; row++) {
        let value = 0.01 * Math.abs(rng.normal());
        for (let f = 0; f < rank; f++) value += left[row * rank + f]! * y[f]!;
        values[column * rows + row] = value;
      }
    }
    return { rows, count, values };
  });
}

/** One matrix of all columns. */
export function joinColumns(parts: readonly Columns[]): Columns {
  const values = new Float64Array(parts.reduce((sum, part) => sum + part.values.length, 0));
  let at = 0;
  for (const part of parts) {
    values.set(part.values, at);
    at += part.values.length;
  }
  return { rows: parts[0]!.rows, count: parts.reduce((sum, part) => sum + part.count, 0), values };
}

/** The squared error of the centralised factorization after so many iterations from the same start. */
export function centralError(parts: readonly Columns[], start: Float64Array, terms: NmfTerms): number {
  const data = joinColumns(parts);
  const x = start.slice();
  const y = new Float64Array(data.count * terms.rank).fill(0.5);
  fitColumns(data, x, terms.rank, y, terms.sweeps);
  for (let round = 0; round < terms.rounds; round++) {
    fitColumns(data, x, terms.rank, y, terms.sweeps);
    fitRows(data, y, terms.rank, x, terms.sweeps);
  }
  return squaredError(data, x, y, terms.rank);
}

/** The error over all agents, each with its own X. */
export function agentsError(parts: readonly Columns[], states: readonly NmfState[], rank: number): number {
  return parts.reduce((sum, part, agent) => sum + squaredError(part, states[agent]!.x, states[agent]!.y, rank), 0);
}

/** The largest difference of an entry of X between two agents. */
export function disagreement(states: readonly NmfState[]): number {
  let most = 0;
  for (const { x } of states) for (const [at, value] of states[0]!.x.entries()) most = Math.max(most, Math.abs(value - x[at]!));
  return most;
}

/** A start that all agents share. */
export function drawStart(rows: number, rank: number, rng: Rng): Float64Array {
  return Float64Array.from({ length: rows * rank }, () => rng.float());
}

/** Programs in clear or under one test key of 1,024 bits, with the same blinds. */
export function nmfPrograms(
  parts: readonly Columns[],
  terms: NmfTerms,
  seed: number,
  kind: "clear" | "paillier",
  blockSize: number,
): readonly Program<NmfState>[] {
  const start = drawStart(parts[0]!.rows, terms.rank, createRng(seed, "start"));
  const size = parts[0]!.rows * terms.rank;
  return parts.map((data, agent) => {
    const exchange: DifferenceExchange =
      kind === "clear"
        ? createClearExchange(size, blockSize)
        : createPaillierExchange({
            key: testKey1024,
            secure: secureRng,
            size,
            blockSize,
            power: opensslPower,
            toolsOf: () => testTools,
            allowWeak: true,
          });
    return createNmfProgram({ terms, data, start, exchange, noise: simulationRng(createRng(seed, "blinds", agent)) });
  });
}
